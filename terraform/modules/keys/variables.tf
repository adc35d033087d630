# What is this audit's own. The files part_*.tf have what it shares with others.

variable "name" {
  description = "Name of the function, its schedule and its role; part of the names of its log group, its queue and its alarms."
  type        = string
  default     = "sleuth-keys"
  nullable    = false
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
}

variable "timeout" {
  description = "Seconds a run may take. The default is the most Lambda gives: an account may have 5,000 users, and a run that is cut off has told nobody."
  type        = number
  default     = 900
  nullable    = false
}

variable "asynchronous_retries" {
  description = "How often Lambda repeats a failed run, 0 to 2. By default not at all: a run that failed has already acted and told people, and a second one would tell them again."
  type        = number
  default     = 0
  nullable    = false
}

variable "enable_auto_expire" {
  description = "Whether expired keys are disabled. The function may change keys only if this is true."
  type        = bool
  default     = false
  nullable    = false
}

variable "max_disable" {
  description = "Most keys one run may disable; if it would be more, none is. The program's default is 25."
  type        = number
  default     = null

  validation {
    condition     = var.max_disable == null ? true : floor(var.max_disable) == var.max_disable && var.max_disable >= 0 && var.max_disable <= 1000000
    error_message = "max_disable is ${coalesce(var.max_disable, -1)}: must be a whole number from 0 to 1000000."
  }
}

variable "max_disable_percent" {
  description = "The same in percent of the working keys."
  type        = number
  default     = null

  validation {
    condition     = var.max_disable_percent == null ? true : floor(var.max_disable_percent) == var.max_disable_percent && var.max_disable_percent >= 0 && var.max_disable_percent <= 100
    error_message = "max_disable_percent is ${coalesce(var.max_disable_percent, -1)}: must be a whole number from 0 to 100."
  }
}

variable "canary_user" {
  description = "IAM user known to exist. If the account does not show it, no key is disabled and the run fails."
  type        = string
  default     = null

  validation {
    condition     = var.canary_user == null ? true : can(regex("^[A-Za-z0-9_+=,.@-]{0,64}$", trimspace(var.canary_user)))
    error_message = "canary_user is `${coalesce(var.canary_user, " ")}`: must be the name of an IAM user: letters, digits and _+=,.@-, at most 64."
  }
}

variable "inventory" {
  description = "How users are read: live, each of them, or report, only those the credential report does not rule out. The program's default is live."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.inventory, " ")) == "" ? true : contains(["live", "report"], var.inventory)
    error_message = "inventory is `${coalesce(var.inventory, " ")}`: must be live or report."
  }
}

variable "expiration_age" {
  description = "Days since creation at which a key is expired. The program's default is 90."
  type        = number
  default     = null

  validation {
    condition     = var.expiration_age == null ? true : floor(var.expiration_age) == var.expiration_age && var.expiration_age >= 0 && var.expiration_age <= 36500
    error_message = "expiration_age is ${coalesce(var.expiration_age, -1)}: must be a whole number of days from 0 to 36500."
  }
}

variable "warning_age" {
  description = "Days since creation at which a key's owner is warned; lower than expiration_age. The program's default is 80."
  type        = number
  default     = null

  validation {
    condition     = var.warning_age == null ? true : floor(var.warning_age) == var.warning_age && var.warning_age >= 0 && var.warning_age <= 36500
    error_message = "warning_age is ${coalesce(var.warning_age, -1)}: must be a whole number of days from 0 to 36500."
  }

  validation {
    condition     = coalesce(var.warning_age, 80) < coalesce(var.expiration_age, 90)
    error_message = "warning_age (80 if not set) must be lower than expiration_age (90 if not set)."
  }
}

variable "inactivity_age" {
  description = "Days since last use at which a key is expired; at most expiration_age. Needs inactivity_warning_age. By default inactivity plays no part."
  type        = number
  default     = null

  validation {
    condition     = var.inactivity_age == null ? true : floor(var.inactivity_age) == var.inactivity_age && var.inactivity_age >= 0 && var.inactivity_age <= 36500
    error_message = "inactivity_age is ${coalesce(var.inactivity_age, -1)}: must be a whole number of days from 0 to 36500."
  }

  validation {
    condition     = var.inactivity_age == null ? true : var.inactivity_age <= coalesce(var.expiration_age, 90)
    error_message = "inactivity_age is ${coalesce(var.inactivity_age, -1)}: must be at most expiration_age (90 if not set)."
  }
}

variable "inactivity_warning_age" {
  description = "Days since last use at which a key's owner is warned; lower than inactivity_age, which it needs."
  type        = number
  default     = null

  validation {
    condition     = var.inactivity_warning_age == null ? true : floor(var.inactivity_warning_age) == var.inactivity_warning_age && var.inactivity_warning_age >= 0 && var.inactivity_warning_age <= 36500
    error_message = "inactivity_warning_age is ${coalesce(var.inactivity_warning_age, -1)}: must be a whole number of days from 0 to 36500."
  }

  # Here for both: Terraform refuses two variables whose validations look at each other.
  validation {
    condition     = (var.inactivity_age == null) == (var.inactivity_warning_age == null)
    error_message = "inactivity_age and inactivity_warning_age need each other: set both or neither."
  }

  validation {
    condition     = var.inactivity_age == null || var.inactivity_warning_age == null ? true : var.inactivity_warning_age < var.inactivity_age
    error_message = "inactivity_warning_age is ${coalesce(var.inactivity_warning_age, -1)}: must be lower than inactivity_age."
  }
}

variable "expire_notification_title" {
  description = "Title of messages about keys that expire by age. The program's default is AWS IAM Key Expiration Report."
  type        = string
  default     = null
}

variable "expire_notification_text" {
  description = "Instructions in messages about keys that expire by age."
  type        = string
  default     = null
}

variable "inactive_notification_title" {
  description = "Title of messages about keys that expire by inactivity. The program's default is AWS IAM Key Inactivity Report."
  type        = string
  default     = null
}

variable "inactive_notification_text" {
  description = "Instructions in messages about keys that expire by inactivity."
  type        = string
  default     = null
}

variable "protected_paths" {
  description = "Paths of IAM users whose keys must never be disabled, such as /admins/: the function is denied changing the keys of users below them, and the program leaves them alone."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    # What a policy would take for a pattern or a variable is refused too. The path of all users would leave nothing to do.
    condition     = alltrue([for path in var.protected_paths : can(regex("^/([!-#%-)+.0->@-~-]+/)+$", path)) && length(path) <= 512])
    error_message = "protected_paths are `${join(",", var.protected_paths)}`: must be paths of IAM users that begin and end with a slash, such as /admins/, without *, ?, $ and commas."
  }
}

variable "authorization_details" {
  description = "Whether users are read by iam:GetAccountAuthorizationDetails, 1,000 a call. If not, the function may not call it and reads them in other ways, which it is allowed instead."
  type        = bool
  default     = true
  nullable    = false
}
