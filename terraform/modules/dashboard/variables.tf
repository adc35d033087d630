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

variable "functions" {
  description = "Names of the functions whose runs are shown."
  type        = list(string)
  nullable    = false
}
