# Settings of the audit: each is handed to the function as the environment variable of the same name in upper case.
# Left out, or empty, the variable is not set and the program's own default applies. The rules are the program's, checked
# here too, because a plan that is refused is better than a function that fails every morning. SLACK_URL has two variables,
# one for the webhook itself and one for the secret that holds it.

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
    error_message = "max_disable must be a whole number from 0 to 1000000."
  }
}

variable "max_disable_percent" {
  description = "The same in percent of the working keys."
  type        = number
  default     = null

  validation {
    condition     = var.max_disable_percent == null ? true : floor(var.max_disable_percent) == var.max_disable_percent && var.max_disable_percent >= 0 && var.max_disable_percent <= 100
    error_message = "max_disable_percent must be a whole number from 0 to 100."
  }
}

variable "canary_user" {
  description = "IAM user known to exist. If the account does not show it, no key is disabled and the run fails."
  type        = string
  default     = null

  validation {
    condition     = var.canary_user == null ? true : can(regex("^[A-Za-z0-9_+=,.@-]{0,64}$", trimspace(var.canary_user)))
    error_message = "canary_user must be the name of an IAM user: letters, digits and _+=,.@-, at most 64."
  }
}

variable "inventory" {
  description = "How users are read: live, each of them, or report, only those the credential report does not rule out. The program's default is live."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.inventory, " ")) == "" ? true : contains(["live", "report"], var.inventory)
    error_message = "inventory must be live or report."
  }
}

variable "concurrency" {
  description = "How many users are read side by side. The program's default is 16."
  type        = number
  default     = null

  validation {
    condition     = var.concurrency == null ? true : floor(var.concurrency) == var.concurrency && var.concurrency >= 1 && var.concurrency <= 100
    error_message = "concurrency must be a whole number from 1 to 100."
  }
}

variable "retry_mode" {
  description = "How throttled calls of IAM are repeated: adaptive, or standard, which is faster and takes more of IAM's limit. The program's default is adaptive."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.retry_mode, " ")) == "" ? true : contains(["adaptive", "standard"], var.retry_mode)
    error_message = "retry_mode must be adaptive or standard."
  }
}

variable "expiration_age" {
  description = "Days since creation at which a key is expired. The program's default is 90."
  type        = number
  default     = null

  validation {
    condition     = var.expiration_age == null ? true : floor(var.expiration_age) == var.expiration_age && var.expiration_age >= 0 && var.expiration_age <= 36500
    error_message = "expiration_age must be a whole number of days from 0 to 36500."
  }
}

variable "warning_age" {
  description = "Days since creation at which a key's owner is warned; lower than expiration_age. The program's default is 80."
  type        = number
  default     = null

  validation {
    condition     = var.warning_age == null ? true : floor(var.warning_age) == var.warning_age && var.warning_age >= 0 && var.warning_age <= 36500
    error_message = "warning_age must be a whole number of days from 0 to 36500."
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
    error_message = "inactivity_age must be a whole number of days from 0 to 36500."
  }

  validation {
    condition     = var.inactivity_age == null ? true : var.inactivity_age <= coalesce(var.expiration_age, 90)
    error_message = "inactivity_age must be at most expiration_age (90 if not set)."
  }
}

variable "inactivity_warning_age" {
  description = "Days since last use at which a key's owner is warned; lower than inactivity_age, which it needs."
  type        = number
  default     = null

  validation {
    condition     = var.inactivity_warning_age == null ? true : floor(var.inactivity_warning_age) == var.inactivity_warning_age && var.inactivity_warning_age >= 0 && var.inactivity_warning_age <= 36500
    error_message = "inactivity_warning_age must be a whole number of days from 0 to 36500."
  }

  # Here for both: Terraform refuses two variables whose validations look at each other.
  validation {
    condition     = (var.inactivity_age == null) == (var.inactivity_warning_age == null)
    error_message = "inactivity_age and inactivity_warning_age need each other: set both or neither."
  }

  validation {
    condition     = var.inactivity_age == null || var.inactivity_warning_age == null ? true : var.inactivity_warning_age < var.inactivity_age
    error_message = "inactivity_warning_age must be lower than inactivity_age."
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

variable "slack_url" {
  description = "Slack incoming webhook that is posted to. A secret: it stands in the state and in the function's environment. Better use slack_url_secret."
  type        = string
  default     = null
  sensitive   = true

  validation {
    # The program also takes plain HTTP to its own machine, which in Lambda is of no use.
    condition     = trimspace(coalesce(var.slack_url, " ")) == "" ? true : can(regex("^https://[^/\\s]+\\S*$", var.slack_url))
    error_message = "slack_url must be a URL that starts with https://. The ARN of a secret that holds one is slack_url_secret."
  }
}

variable "slack_url_secret" {
  description = "ARN of the Secrets Manager secret or Parameter Store parameter that holds the Slack webhook. The function reads it at run time and may read no other: the webhook stands neither in the state nor in the environment. Not together with slack_url."
  type        = string
  default     = null

  validation {
    # A secret's whole ARN, because a policy does not match it by less.
    condition = trimspace(coalesce(var.slack_url_secret, " ")) == "" ? true : anytrue([
      can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$", var.slack_url_secret)),
      can(regex("^arn:aws[a-z-]*:ssm:[a-z0-9-]+:[0-9]{12}:parameter(/[A-Za-z0-9_.-]+)+$", var.slack_url_secret)),
    ])
    error_message = "slack_url_secret must be a secret's whole ARN with the six characters AWS ends it with, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX, or a parameter's, arn:aws:ssm:REGION:ACCOUNT:parameter/NAME."
  }

  validation {
    condition     = trimspace(coalesce(var.slack_url_secret, " ")) == "" || trimspace(coalesce(var.slack_url, " ")) == ""
    error_message = "slack_url_secret and slack_url are two ways to give one webhook: set only one of them."
  }
}

variable "slack_url_secret_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts slack_url_secret. The function may decrypt with it, through the service that keeps the secret only. Not needed for the keys AWS manages."
  type        = string
  default     = null

  validation {
    # Not an alias: a policy does not match a key by it.
    condition     = trimspace(coalesce(var.slack_url_secret_kms_key, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.slack_url_secret_kms_key))
    error_message = "slack_url_secret_kms_key must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }

  validation {
    condition     = trimspace(coalesce(var.slack_url_secret_kms_key, " ")) == "" || trimspace(coalesce(var.slack_url_secret, " ")) != ""
    error_message = "slack_url_secret_kms_key needs slack_url_secret."
  }
}

variable "sns_topic" {
  description = "ARN of the SNS topic that is published to. The function may publish to this topic only."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.sns_topic, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9._-]+$", var.sns_topic))
    error_message = "sns_topic must be a topic's ARN, arn:aws:sns:REGION:ACCOUNT:NAME."
  }
}

variable "notify_retry_seconds" {
  description = "Seconds a channel may spend on failed attempts and the waits after them. The program's default is 60."
  type        = number
  default     = null

  validation {
    condition     = var.notify_retry_seconds == null ? true : floor(var.notify_retry_seconds) == var.notify_retry_seconds && var.notify_retry_seconds >= 0 && var.notify_retry_seconds <= 900
    error_message = "notify_retry_seconds must be a whole number from 0 to 900."
  }
}

variable "debug" {
  description = "Whether more is logged."
  type        = bool
  default     = false
  nullable    = false
}

# Settings of the deployment.

variable "name" {
  description = "Name of the function, its schedule and its role; part of the log group's name and of the scheduler role's name."
  type        = string
  default     = "sleuth-keys"
  nullable    = false

  validation {
    # AWS takes 64 characters for a role, and the scheduler's role adds `-scheduler`.
    condition     = can(regex("^[A-Za-z0-9_-]{1,54}$", var.name))
    error_message = "name must be 1 to 54 letters, digits, hyphens and underscores."
  }
}

variable "package" {
  description = "Path of the zip file that holds the function's `bootstrap`, as `scripts/build` writes it."
  type        = string
  nullable    = false

  validation {
    # `can`, because a folder is an error to fileexists, not a no.
    condition     = can(fileexists(var.package)) ? fileexists(var.package) : false
    error_message = "package must be the path of an existing zip file: build it with scripts/build."
  }
}

variable "architecture" {
  description = "Processor architecture the package was built for: arm64 or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "schedule" {
  description = "When the audit runs: a cron or rate expression of EventBridge Scheduler. By default at 10:00 on working days."
  type        = string
  default     = "cron(0 10 ? * MON-FRI *)"
  nullable    = false

  validation {
    condition     = can(regex("^(cron|rate)\\([^()]+\\)$", var.schedule))
    error_message = "schedule must be cron(…) or rate(…)."
  }
}

variable "schedule_timezone" {
  description = "Time zone the schedule is read in, by its IANA name, such as Europe/Berlin. Daylight saving is followed."
  type        = string
  default     = "UTC"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_+/-]*$", var.schedule_timezone))
    error_message = "schedule_timezone must be the IANA name of a time zone, such as Europe/Berlin."
  }
}

variable "log_retention_days" {
  description = "Days the log, which holds every report, is kept: a number CloudWatch Logs offers; 0 keeps it for ever."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number CloudWatch Logs offers: 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "tags" {
  description = "Tags of everything that can be tagged. A schedule cannot."
  type        = map(string)
  default     = {}
  nullable    = false
}
