# What is this module's own. The files part_*.tf have what it shares with others.

variable "permissions_boundary" {
  description = "ARN of the policy that bounds what the role may do at most."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary))
    error_message = "permissions_boundary is `${coalesce(var.permissions_boundary, " ")}`: must be a policy's ARN, arn:aws:iam::ACCOUNT:policy/NAME."
  }
}

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
