# What is this module's own. The files part_*.tf have what it shares with others.

variable "audit" {
  description = "Which audit runs over the accounts: keys, of access keys, or tags, of EC2 tags. It says which package the function has, and which inputs play a part."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["keys", "tags"], var.audit)
    error_message = "audit is `${var.audit}`: must be keys or tags. Deploy the module once for each."
  }
}

variable "name" {
  description = "Name of the function, the state machine, the schedule and the function's role, and the beginning of all other names. By default sleuth-organization-AUDIT."
  type        = string
  default     = null
}

variable "schedule" {
  description = "When the audit runs: a cron or rate expression of EventBridge Scheduler. By default at 10:00 on working days. Null: no schedule."
  type        = string
  default     = "cron(0 10 ? * MON-FRI *)"
}

variable "missing_run_hours" {
  description = "After how many hours without a run there is an alarm, 1 to 168: more than the longest rest of the schedule. The default is longer than a weekend, by the hour that a clock is put forward or back and one more. Null, or no schedule: none."
  type        = number
  default     = 74

  validation {
    # CloudWatch looks back seven days at most.
    condition     = var.missing_run_hours == null ? true : floor(var.missing_run_hours) == var.missing_run_hours && var.missing_run_hours >= 1 && var.missing_run_hours <= 168
    error_message = "missing_run_hours is ${coalesce(var.missing_run_hours, -1)}: must be a whole number of hours from 1 to 168, which is as far as an alarm looks back."
  }
}

variable "timeout" {
  description = "Seconds a step may take, which is one account, or what concerns all. The default is the most Lambda gives."
  type        = number
  default     = 900
  nullable    = false
}

# Which accounts.

variable "accounts" {
  description = "Ids of the accounts that are audited, or org alone for all that are active in the organization, as far as org_units and exclude_accounts do not say otherwise. For all the function's account must be the organization's management account or a delegated administrator."
  type        = list(string)
  default     = ["org"]
  nullable    = false

  validation {
    condition     = length(var.accounts) > 0 && (join(",", var.accounts) == "org" || alltrue([for account in var.accounts : can(regex("^[0-9]{12}$", account))]))
    error_message = "accounts are `${join(",", var.accounts)}`: must be ids of accounts, 12 digits each, or org alone."
  }

  validation {
    condition     = length(var.accounts) == length(distinct(var.accounts))
    error_message = "accounts are `${join(",", var.accounts)}`: must name each account once."
  }

  # Here, as the input archive is of many modules, which do without.
  validation {
    condition     = length(var.accounts) == 0 || trimspace(coalesce(var.archive, " ")) != ""
    error_message = "archive is not set: what the steps of a run over many accounts leave to each other is kept there."
  }
}

variable "org_units" {
  description = "Ids of organizational units, ou-…, or of the root, r-…: only accounts below them are audited. By default all."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for unit in var.org_units : can(regex("^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$", unit))])
    error_message = "org_units are `${join(",", var.org_units)}`: must be ids of organizational units, such as ou-ab12-11111111, or of the root, such as r-ab12."
  }

  validation {
    condition     = length(var.org_units) == 0 || join(",", var.accounts) == "org"
    error_message = "org_units are of use only with accounts = [\"org\"]."
  }
}

variable "exclude_accounts" {
  description = "Ids of accounts of the organization that are left out, and of organizational units of which all are. A unit that is not met among those of org_units is an error."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for one in var.exclude_accounts : can(regex("^([0-9]{12}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$", one))])
    error_message = "exclude_accounts are `${join(",", var.exclude_accounts)}`: must be ids of accounts, 12 digits each, or of organizational units, such as ou-ab12-11111111."
  }

  validation {
    condition     = length(var.exclude_accounts) == 0 || join(",", var.accounts) == "org"
    error_message = "exclude_accounts are of use only with accounts = [\"org\"]."
  }
}

variable "organization_id" {
  description = "Id of the organization, o-…: the function may assume roles in its accounts only. By default that of the account Terraform runs in. Of use only with accounts = [\"org\"]."
  type        = string
  default     = null

  validation {
    condition     = var.organization_id == null ? true : can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "organization_id is `${coalesce(var.organization_id, " ")}`: must be the id of an organization, such as o-a1b2c3d4e5."
  }

  validation {
    condition     = var.organization_id == null || join(",", var.accounts) == "org"
    error_message = "organization_id is of use only with accounts = [\"org\"]."
  }
}

# The role in each account.

variable "assume_role_name" {
  description = "Name of the role in each account, with its path if it has one: sleuth or tools/sleuth. modules/member_role and modules/member_role_stackset make it. By default sleuth-member-AUDIT."
  type        = string
  default     = null

  validation {
    condition     = var.assume_role_name == null ? true : can(regex("^([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$", var.assume_role_name))
    error_message = "assume_role_name is `${coalesce(var.assume_role_name, " ")}`: must be a role's name, with its path if it has one, such as sleuth or tools/sleuth."
  }
}

# The state machine.

variable "max_concurrency" {
  description = "How many accounts are looked at side by side, 1 to 1000: so many runs of the function there may be at a time."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = floor(var.max_concurrency) == var.max_concurrency && var.max_concurrency >= 1 && var.max_concurrency <= 1000
    error_message = "max_concurrency is ${var.max_concurrency}: must be a whole number from 1 to 1000."
  }

  validation {
    condition     = var.reserved_concurrency == null ? true : var.max_concurrency <= var.reserved_concurrency
    error_message = "max_concurrency is ${var.max_concurrency}: must be at most reserved_concurrency, ${coalesce(var.reserved_concurrency, 0)}, or steps are throttled."
  }
}

variable "tolerated_failure_percentage" {
  description = "Of how many accounts in a hundred the step may fail until the others are given up: nothing is changed any more then, and what is known is told. An account that cannot be entered is no step that fails."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = floor(var.tolerated_failure_percentage) == var.tolerated_failure_percentage && var.tolerated_failure_percentage >= 0 && var.tolerated_failure_percentage <= 100
    error_message = "tolerated_failure_percentage is ${var.tolerated_failure_percentage}: must be a whole number from 0 to 100."
  }
}

# The brake over all accounts.

variable "max_disable_total" {
  description = "Most keys one run may disable in all accounts together; if it would be more, none is. By default as many as max_disable, which holds for each account."
  type        = number
  default     = null

  validation {
    condition     = var.max_disable_total == null ? true : floor(var.max_disable_total) == var.max_disable_total && var.max_disable_total >= 0 && var.max_disable_total <= 1000000
    error_message = "max_disable_total is ${coalesce(var.max_disable_total, -1)}: must be a whole number from 0 to 1000000."
  }

  validation {
    condition     = var.max_disable_total == null || var.audit == "keys"
    error_message = "max_disable_total is of use only with audit = \"keys\"."
  }
}

variable "max_stop_total" {
  description = "Most instances one run may stop in all accounts together; if it would be more, nothing is changed. By default as many as max_stop, which holds for each account."
  type        = number
  default     = null

  validation {
    condition     = var.max_stop_total == null ? true : floor(var.max_stop_total) == var.max_stop_total && var.max_stop_total >= 0 && var.max_stop_total <= 1000000
    error_message = "max_stop_total is ${coalesce(var.max_stop_total, -1)}: must be a whole number from 0 to 1000000."
  }

  validation {
    condition     = var.max_stop_total == null || var.audit == "tags"
    error_message = "max_stop_total is of use only with audit = \"tags\"."
  }
}

variable "max_terminate_total" {
  description = "The same for instances to be terminated. By default as many as max_terminate."
  type        = number
  default     = null

  validation {
    condition     = var.max_terminate_total == null ? true : floor(var.max_terminate_total) == var.max_terminate_total && var.max_terminate_total >= 0 && var.max_terminate_total <= 1000000
    error_message = "max_terminate_total is ${coalesce(var.max_terminate_total, -1)}: must be a whole number from 0 to 1000000."
  }

  validation {
    condition     = var.max_terminate_total == null || var.audit == "tags"
    error_message = "max_terminate_total is of use only with audit = \"tags\"."
  }
}
