output "keys" {
  description = "All outputs of modules/keys: function_name, function_arn, role_arn, role_name, log_group_name, failure_queue_arn, alarm_arns, policy. Null without it."
  value       = one(module.keys[*])
}

output "tags" {
  description = "All outputs of modules/tags, or null."
  value       = one(module.tags[*])
}

output "watch" {
  description = "All outputs of modules/watch, or null."
  value       = one(module.watch[*])
}

output "digest" {
  description = "All outputs of modules/digest, or null."
  value       = one(module.digest[*])
}

output "rules_table" {
  description = "All outputs of modules/rules_table: name, arn, settable_tags. Null without rules."
  value       = one(module.rules_table[*])
}
