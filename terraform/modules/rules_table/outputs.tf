output "name" {
  description = "Name of the table, for tag_rules_table."
  value       = aws_dynamodb_table.this.name
}

output "arn" {
  description = "ARN of the table, for tag_rules_table in another region."
  value       = aws_dynamodb_table.this.arn
}

output "settable_tags" {
  description = "Keys of the tags that the rules repair, with their aliases, for settable_tags."
  value       = module.check.settable_tags
}
