variable "name" {
  description = "Name of the dashboard."
  type        = string
  default     = "sleuth"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.name))
    error_message = "name is `${var.name}`: must be 1 to 255 letters, digits, hyphens and underscores."
  }
}

variable "audits" {
  description = "Whose counts are shown: keys, tags, watch."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for audit in var.audits : contains(["keys", "tags", "watch"], audit)])
    error_message = "audits are `${join(",", var.audits)}`: must be keys, tags and watch."
  }
}

variable "accounts" {
  description = "Ids of other accounts that the watch looks at, its assume_role_accounts: their instances are shown beside those of the function's own account."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    # CloudWatch takes 500 metrics in a graph, and an account has up to seven.
    condition     = alltrue([for account in var.accounts : can(regex("^[0-9]{12}$", account))]) && length(var.accounts) <= 70
    error_message = "accounts are `${join(",", var.accounts)}`: must be at most 70 ids of accounts, 12 digits each."
  }
}

variable "functions" {
  description = "Names of the functions whose runs are shown."
  type        = list(string)
  nullable    = false
}
