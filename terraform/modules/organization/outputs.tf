output "function_name" {
  description = "Name of the function."
  value       = module.function.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = module.function.function_arn
}

output "role_arn" {
  description = "ARN of the function's execution role, which the roles in the accounts trust."
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
  description = "ARN of the queue with runs that could not be started, or null."
  value       = module.function.failure_queue_arn
}

output "alarm_arns" {
  description = "ARNs of the alarms by what they watch: of the function errors, throttles and failed, of the state machine executions-failed, executions-timed-out, executions-aborted and missing."
  value = merge(
    module.function.alarm_arns,
    { for name, alarm in aws_cloudwatch_metric_alarm.runs : name => alarm.arn },
  )
}

output "policy" {
  description = "What the function may do, as a policy in JSON."
  value       = module.function.policy
}

output "state_machine_arn" {
  description = "ARN of the state machine, for `aws stepfunctions start-execution`."
  value       = aws_sfn_state_machine.this.arn
}

output "state_machine_log_group_name" {
  description = "Name of the state machine's log group."
  value       = aws_cloudwatch_log_group.state_machine.name
}

output "state_machine_policy" {
  description = "What the state machine may do, as a policy in JSON."
  value       = data.aws_iam_policy_document.state_machine.json
}

output "assume_role_name" {
  description = "Name of the role in each account, with its path if it has one."
  value       = local.role
}

output "archive_bucket_policy" {
  description = "What the policy of the archive's bucket should have, so that nobody but the function writes what a run goes by: a policy in JSON, to be added to that of the bucket."
  value       = data.aws_iam_policy_document.bucket.json
}
