# What is deployed. inputs.tf has the inputs of the functions.

variable "enable_keys" {
  description = "Whether the audit of access keys is deployed."
  type        = bool
  default     = true
  nullable    = false
}

variable "enable_tags" {
  description = "Whether the audit of EC2 tags is deployed. It needs rules: rules, tag_rules_table or required_tags."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_watch" {
  description = "Whether the watch of EC2 tags is deployed. It needs rules, and an audit of all instances beside it: by watch_schedule, in the same function. With enable_tags another function does it, with another role: what that repairs the watch takes for somebody else's change, and looks at again at once instead of leaving it to the next run."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_digest" {
  description = "Whether the digest is deployed. It needs a store, archive or search_url, and a channel."
  type        = bool
  default     = false
  nullable    = false
}

variable "rules" {
  description = "Tag rules, each a map of the attributes that docs/tag-rules.md lists. A table is made of them, which the audit of EC2 tags and the watch go by. Not together with tag_rules_table."
  type        = list(map(string))
  default     = []
  nullable    = false

  validation {
    condition     = length(var.rules) == 0 || trimspace(coalesce(var.tag_rules_table, " ")) == ""
    error_message = "rules and tag_rules_table are two ways to give rules: set only one of them."
  }
}

variable "rules_table_name" {
  description = "Name of the table that is made of rules."
  type        = string
  default     = "sleuth-rules"
  nullable    = false
}

variable "rules_table_deletion_protection" {
  description = "Whether the table that is made of rules is protected from being deleted."
  type        = bool
  default     = true
  nullable    = false
}

variable "dashboard" {
  description = "Whether a CloudWatch dashboard shows the counts of the audits over time. It needs metrics."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.dashboard || var.metrics
    error_message = "dashboard shows metrics, which are switched off: set only one of dashboard = true and metrics = false."
  }
}

variable "dashboard_name" {
  description = "Name of the dashboard."
  type        = string
  default     = "sleuth"
  nullable    = false
}
