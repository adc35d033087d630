# What is this module's own. The files part_*.tf have what it shares with others.

variable "stack_set_name" {
  description = "Name of the stack set, and the beginning of those of the stacks. By default that of the role."
  type        = string
  default     = null

  validation {
    condition     = var.stack_set_name == null ? true : can(regex("^[A-Za-z][A-Za-z0-9-]{0,127}$", var.stack_set_name))
    error_message = "stack_set_name is `${coalesce(var.stack_set_name, " ")}`: must be letters, digits and hyphens, begin with a letter, and have at most 128 characters."
  }

  validation {
    condition     = var.stack_set_name != null || can(regex("^[A-Za-z][A-Za-z0-9-]{0,127}$", local.name))
    error_message = "stack_set_name is not set, and name, `${local.name}`, is no name for a stack set: that must be letters, digits and hyphens, and begin with a letter."
  }
}

variable "org_units" {
  description = "Ids of the organizational units, ou-…, or of the root, r-…: all accounts below them get the role, but for the organization's management account, to which stack sets of this kind do not deploy."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.org_units) > 0 && alltrue([for unit in var.org_units : can(regex("^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$", unit))])
    error_message = "org_units are `${join(",", var.org_units)}`: must be ids of organizational units, such as ou-ab12-11111111, or of the root, such as r-ab12, at least one."
  }
}

variable "exclude_accounts" {
  description = "Ids of accounts below org_units that do not get the role. It holds for accounts that are there when the stack set is deployed: those that are added later get it with auto_deployment all the same."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for account in var.exclude_accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "exclude_accounts are `${join(",", var.exclude_accounts)}`: must be ids of accounts, 12 digits each."
  }
}

variable "auto_deployment" {
  description = "Whether accounts that are added to org_units later get the role, and those that leave lose it."
  type        = bool
  default     = true
  nullable    = false
}

variable "delegated_administrator" {
  description = "Whether Terraform runs in an account that is a delegated administrator for StackSets. By default it runs in the organization's management account."
  type        = bool
  default     = false
  nullable    = false
}

variable "failure_tolerance_percentage" {
  description = "Of how many accounts in a hundred the deployment may fail until it is given up in the others."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = floor(var.failure_tolerance_percentage) == var.failure_tolerance_percentage && var.failure_tolerance_percentage >= 0 && var.failure_tolerance_percentage <= 100
    error_message = "failure_tolerance_percentage is ${var.failure_tolerance_percentage}: must be a whole number from 0 to 100."
  }
}

variable "max_concurrent_percentage" {
  description = "In how many accounts in a hundred it is deployed side by side. AWS takes no more at first than may fail, and one."
  type        = number
  default     = 25
  nullable    = false

  validation {
    condition     = floor(var.max_concurrent_percentage) == var.max_concurrent_percentage && var.max_concurrent_percentage >= 1 && var.max_concurrent_percentage <= 100
    error_message = "max_concurrent_percentage is ${var.max_concurrent_percentage}: must be a whole number from 1 to 100."
  }
}

variable "permissions_boundary_name" {
  description = "Name of the policy that bounds what the role may do at most, with its path if it has one, such as audit/boundary. Each account has to have it."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_name == null ? true : can(regex("^([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,128}$", var.permissions_boundary_name))
    error_message = "permissions_boundary_name is `${coalesce(var.permissions_boundary_name, " ")}`: must be a policy's name, with its path if it has one and no slash before it, not an ARN."
  }
}

variable "tags" {
  description = "Tags of the stack set, which AWS gives to the stacks and the roles, too."
  type        = map(string)
  default     = {}
  nullable    = false
}
