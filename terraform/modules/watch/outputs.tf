output "function_name" {
  description = "Name of the function."
  value       = module.function.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = module.function.function_arn
}

output "role_arn" {
  description = "ARN of the function's execution role, to name in the policies of things it uses, such as another account's bucket."
  value       = module.function.role_arn
}

output "role_name" {
  description = "Name of the function's execution role."
  value       = module.function.role_name
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = module.function.log_group_name
}

output "failure_queue_arn" {
  description = "ARN of the queue with runs that failed without a message of the queue, such as those of the schedule; or null."
  value       = module.function.failure_queue_arn
}

output "policy" {
  description = "What the function may do, as a policy in JSON."
  value       = module.function.policy
}

output "queue_arn" {
  description = "ARN of the queue that events come by."
  value       = aws_sqs_queue.this.arn
}

output "queue_url" {
  description = "URL of the queue that events come by."
  value       = aws_sqs_queue.this.url
}

output "dead_letter_queue_arn" {
  description = "ARN of the queue with messages that failed every time."
  value       = aws_sqs_queue.dead_letters.arn
}

output "dead_letter_queue_url" {
  description = "URL of the queue with messages that failed every time."
  value       = aws_sqs_queue.dead_letters.url
}

output "queue_key_policy" {
  description = "What the policy of queue_kms_key has to have, so that the source of events may send: a policy in JSON; null without the key."
  value       = var.queue_kms_key == null ? null : data.aws_iam_policy_document.queue_key.json
}

output "alarm_arns" {
  description = "ARNs of the alarms by what they watch: errors, throttles, failed, missing, queue-age, dead-letters."
  value = merge(
    module.function.alarm_arns,
    { for name, alarm in aws_cloudwatch_metric_alarm.queue : name => alarm.arn },
  )
}

output "event_bus_arn" {
  description = "ARN of the event bus that modules/watch_regions forwards to; null without one."
  value       = one(aws_cloudwatch_event_bus.this[*].arn)
}

output "trail_arn" {
  description = "ARN of the trail, new or existing; null if none is known."
  value       = var.create_trail ? one(aws_cloudtrail.this[*].arn) : var.trail_arn
}

output "trail_bucket" {
  description = "Name of the bucket with the log files, new or existing; null without one."
  value       = local.trail_bucket
}

output "trail_bucket_policy" {
  description = "What the policy of the trail's bucket has to have, so that CloudTrail may deliver: a policy in JSON, to be added to an existing bucket's; null if the bucket or the trail is not known."
  value       = local.trail_bucket != null && length(local.trail_arns) > 0 ? data.aws_iam_policy_document.trail_bucket.json : null
}

output "trail_bucket_notification" {
  description = "What an existing bucket's notification configuration has to have, in the form of `aws s3api put-bucket-notification-configuration`, which replaces what is there: add it to what `get-bucket-notification-configuration` shows. Null if the bucket has to tell nobody."
  value = local.trail_bucket == null ? null : lookup({
    bucket_events = jsonencode({
      QueueConfigurations = [{
        Id       = var.name
        QueueArn = local.queue_arn
        Events   = ["s3:ObjectCreated:*"]
        Filter = {
          Key = {
            FilterRules = [
              { Name = "prefix", Value = local.logs },
              { Name = "suffix", Value = ".json.gz" },
            ]
          }
        }
      }]
    })
    bucket_eventbridge = jsonencode({ EventBridgeConfiguration = {} })
  }, var.source_of_events, null)
}

output "trail_kms_key_arn" {
  description = "ARN of the key that encrypts the log files, new or existing; null without one."
  value       = one(local.trail_kms_keys)
}

output "trail_topic_arn" {
  description = "ARN of the topic by which the trail tells of log files, new or existing; null without one."
  value       = local.topic
}

output "trail_topic_policy" {
  description = "What the topic's policy has to have, so that the trail may publish: a policy in JSON, to be added to an existing topic's; null if the topic or the trail is not known."
  value       = local.topic != null && length(local.trail_arns) > 0 ? data.aws_iam_policy_document.topic.json : null
}

output "member_role_trust_policy" {
  description = "The trust of the role assume_role_name in each of assume_role_accounts, as a policy in JSON. With an external id add that to its condition: sts:ExternalId."
  value       = data.aws_iam_policy_document.member_trust.json
}

output "member_role_policies" {
  description = "What the role assume_role_name may do in each of assume_role_accounts, by account: policies in JSON."
  value       = local.member_policies
}
