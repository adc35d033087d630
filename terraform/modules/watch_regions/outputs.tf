output "event_pattern" {
  description = "What the rules let through, as JSON."
  value       = local.event_patterns[var.source_of_events]
}

output "role_arn" {
  description = "ARN of the role that the rules forward with; null without regions."
  value       = one(aws_iam_role.this[*].arn)
}

output "rule_arns" {
  description = "ARNs of the rules, by region."
  value       = local.rule_arns
}
