variable "name" {
  description = "Name of the table."
  type        = string
  default     = "sleuth-rules"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{3,255}$", var.name))
    error_message = "name is `${var.name}`: must be 3 to 255 letters, digits, `_`, `-` and `.`."
  }
}

variable "rules" {
  description = "Tag rules, each a map of the attributes that docs/tag-rules.md lists: RuleId, TagKey, Required, Action, Default, OnViolation, Managed, Values, Pattern, IamUser, Grace, Aliases, Regions, Vpcs, States, Name, Tagged."
  type        = list(map(string))
  nullable    = false

  validation {
    condition     = length(var.rules) > 0
    error_message = "rules is empty: without a rule no audit begins."
  }
}

variable "kms_key" {
  description = "ARN of a customer-managed KMS key to encrypt the table with. By default AWS's own is used."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key))
    error_message = "kms_key is `${coalesce(var.kms_key, " ")}`: must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }
}

variable "point_in_time_recovery" {
  description = "Whether the table can be restored as it was at any time of the last 35 days."
  type        = bool
  default     = true
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether the table is protected from being deleted."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags of the table."
  type        = map(string)
  default     = {}
  nullable    = false
}
