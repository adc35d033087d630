output "rules" {
  description = "The rules without what is empty."
  value       = local.rules
}

output "mistakes" {
  description = "What the program would refuse, each with its rule and attribute."
  value       = local.mistakes
}

output "settable_tags" {
  description = "Keys of the tags that the rules repair, with their aliases."
  value       = sort(distinct(flatten([for one in local.repairing : concat([one.tag], one.aliases)])))
}
