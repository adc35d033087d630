output "function_name" {
  description = "Name of the function."
  value       = module.function.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = module.function.function_arn

  # Checked here, as the inputs are shared with audits, which need neither.
  precondition {
    condition     = anytrue([for store in [var.archive, var.search_url] : trimspace(coalesce(store, " ")) != ""])
    error_message = "A digest is made of what runs left: set archive or search_url."
  }

  precondition {
    condition = length(var.email_to) > 0 || anytrue([
      for channel in [var.slack_url, var.slack_url_secret, var.slack_bot_token, var.slack_bot_token_secret, var.sns_topic] :
      trimspace(coalesce(channel, " ")) != ""
    ])
    error_message = "A digest needs a channel: set slack_url_secret, slack_bot_token_secret, email_to or sns_topic."
  }
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
