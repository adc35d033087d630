output "role_arn" {
  description = "ARN of the role."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "Name of the role, with its path if it has one: what the function has as assume_role_name."
  value       = trimprefix("${var.path}${local.name}", "/")
}

output "policy" {
  description = "What the role may do, as a policy in JSON."
  value       = local.policy
}

output "trust_policy" {
  description = "Who may assume the role, as a policy in JSON."
  value       = local.trust_policy
}
