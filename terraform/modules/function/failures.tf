# Where failed runs are kept, and who is told.

locals {
  failure_queue_name = "${var.name}-failed"
  failure_queue_arn  = var.failure_queue ? "arn:${local.partition}:sqs:${local.region}:${local.account}:${local.failure_queue_name}" : null

  failure_destination = var.failure_queue ? local.failure_queue_arn : var.failure_destination
  failure_key         = var.failure_queue ? var.kms_key : var.failure_destination_kms_key

  # How KMS names the service when it asks for the function. It is not certain which suffix that takes in partitions with
  # one of their own, such as China's; nobody but the service can go by either name.
  failure_services = local.failure_destination == null ? [] : [
    for suffix in distinct(["amazonaws.com", data.aws_partition.current.dns_suffix]) :
    "${split(":", local.failure_destination)[2]}.${split(":", local.failure_destination)[3]}.${suffix}"
  ]
}

resource "aws_sqs_queue" "failed" {
  count = var.failure_queue ? 1 : 0

  name = local.failure_queue_name
  # The most there is: somebody may be on holiday.
  message_retention_seconds = 1209600
  kms_master_key_id         = var.kms_key
  sqs_managed_sse_enabled   = var.kms_key == null ? true : null
  tags                      = var.tags
}

locals {
  alarms = {
    for name, alarm in {
      errors = {
        when        = true
        description = "A run of ${var.name} failed: it could not read, do or deliver everything. Its log says what."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        dimensions  = { FunctionName = var.name }
        statistic   = "Sum"
        comparison  = "GreaterThanThreshold"
        threshold   = 0
        period      = 300
        periods     = 1
        missing     = "notBreaching"
      }
      throttles = {
        when        = true
        description = "A run of ${var.name} had to wait, or did not take place: too many functions ran at a time."
        namespace   = "AWS/Lambda"
        metric      = "Throttles"
        dimensions  = { FunctionName = var.name }
        statistic   = "Sum"
        comparison  = "GreaterThanThreshold"
        threshold   = 0
        period      = 300
        periods     = 1
        missing     = "notBreaching"
      }
      failed = {
        when        = var.failure_queue
        description = "There are messages in ${local.failure_queue_name}: runs of ${var.name} that failed or were not started. It ends when the queue is emptied."
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = local.failure_queue_name }
        statistic   = "Maximum"
        comparison  = "GreaterThanThreshold"
        threshold   = 0
        period      = 300
        periods     = 1
        missing     = "notBreaching"
      }
      missing = {
        when        = var.missing_run_hours != null
        description = "${var.name} did not run for ${coalesce(var.missing_run_hours, 0)} hours. A new function is in this alarm until its first run."
        namespace   = "AWS/Lambda"
        metric      = "Invocations"
        dimensions  = { FunctionName = var.name }
        statistic   = "Sum"
        comparison  = "LessThanThreshold"
        threshold   = 1
        # Hours, as an alarm with shorter periods looks back one day only, with these seven.
        period  = 3600
        periods = var.missing_run_hours
        # A function that does not run has no metrics.
        missing = "breaching"
      }
    } : name => alarm if var.alarms && alarm.when
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  tags                = var.tags
}
