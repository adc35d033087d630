# How access keys are judged, and how much may be done about them: settings of the audit of access keys. Those that
# decide what it may do at all are in keys_permissions.tf.

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

locals {
  keys_environment = {
    for name, value in {
      EXPIRATION_AGE              = var.expiration_age
      WARNING_AGE                 = var.warning_age
      INACTIVITY_AGE              = var.inactivity_age
      INACTIVITY_WARNING_AGE      = var.inactivity_warning_age
      ENABLE_AUTO_EXPIRE          = var.enable_auto_expire ? "true" : null
      MAX_DISABLE                 = var.max_disable
      MAX_DISABLE_PERCENT         = var.max_disable_percent
      INVENTORY                   = var.inventory
      AUTHORIZATION_DETAILS       = var.authorization_details ? null : "false"
      CANARY_USER                 = var.canary_user
      PROTECTED_PATHS             = join(",", var.protected_paths)
      EXPIRE_NOTIFICATION_TITLE   = var.expire_notification_title
      EXPIRE_NOTIFICATION_TEXT    = var.expire_notification_text
      INACTIVE_NOTIFICATION_TITLE = var.inactive_notification_title
      INACTIVE_NOTIFICATION_TEXT  = var.inactive_notification_text
    } : name => tostring(value) if trimspace(coalesce(value, " ")) != ""
  }
}
