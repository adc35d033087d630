output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "role_arn" {
  description = "ARN of the function's execution role, to name in the policies of things it uses, such as a topic's."
  value       = aws_iam_role.function.arn
}

output "role_name" {
  description = "Name of the function's execution role."
  value       = aws_iam_role.function.name
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "failure_queue_arn" {
  description = "ARN of the queue with failed runs, or null."
  value       = one(aws_sqs_queue.failed[*].arn)
}

output "alarm_arns" {
  description = "ARNs of the alarms by what they watch: errors, throttles, failed, missing."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.arn }
}

output "policy" {
  description = "What the function may do, as a policy in JSON."
  value       = local.policy
}
