output "function_name" {
  description = "Name of the function."
  value       = module.function.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = module.function.function_arn
}

output "role_arn" {
  description = "ARN of the function's execution role, to name in the policies of things it uses, such as a topic's."
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
  description = "ARN of the queue with failed runs, or null."
  value       = module.function.failure_queue_arn
}

output "alarm_arns" {
  description = "ARNs of the alarms by what they watch: errors, throttles, failed, missing."
  value       = module.function.alarm_arns
}

output "policy" {
  description = "What the function may do, as a policy in JSON."
  value       = module.function.policy
}
