output "stack_set_arn" {
  description = "ARN of the stack set."
  value       = aws_cloudformation_stack_set.this.arn
}

output "stack_set_name" {
  description = "Name of the stack set."
  value       = aws_cloudformation_stack_set.this.name
}

output "role_name" {
  description = "Name of the role in each account, with its path if it has one: what the function has as assume_role_name."
  value       = trimprefix("${var.path}${local.name}", "/")
}

output "policy" {
  description = "What the role may do, as a policy in JSON, with $${AWS::Partition} and $${AWS::AccountId} where CloudFormation puts those of each account."
  value       = local.policy
}

output "parameters" {
  description = "The parameters of the template, to deploy it in accounts to which the stack set does not."
  value       = local.parameters
}
