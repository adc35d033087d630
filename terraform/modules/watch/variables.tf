# Settings of the watch. Those it shares with the audit of EC2 tags are in part_tags.tf, those of messages and stores in
# part_outputs.tf, those of the deployment in part_deployment.tf.

variable "name" {
  description = "Name of the function, its role, its queue and its rule, and the beginning of all other names."
  type        = string
  default     = "sleuth-watch"
  nullable    = false

  validation {
    # AWS takes 64 characters for a role, and the scheduler's role adds `-scheduler`.
    condition     = can(regex("^[A-Za-z0-9_-]{1,54}$", var.name))
    error_message = "name is `${var.name}`: must be 1 to 54 letters, digits, hyphens and underscores."
  }
}

variable "timeout" {
  description = "Seconds a run may take, 30 to 900. What failed comes again after six times as long, so that the default is less than the most Lambda gives. With schedule it has to be enough for the audit of all instances, too."
  type        = number
  default     = 300
  nullable    = false
}

variable "settle_seconds" {
  description = "Seconds for which AWS is asked again for what it does not show yet; at most a third of timeout. The program's default is 60."
  type        = number
  default     = null

  validation {
    condition     = var.settle_seconds == null ? true : floor(var.settle_seconds) == var.settle_seconds && var.settle_seconds >= 0 && var.settle_seconds <= 900
    error_message = "settle_seconds is ${coalesce(var.settle_seconds, -1)}: must be a whole number from 0 to 900."
  }

  validation {
    # Two waits, for files and for instances, have to fit into the 70 % of the time in which is read.
    condition     = 3 * coalesce(var.settle_seconds, 60) <= var.timeout
    error_message = "settle_seconds is ${coalesce(var.settle_seconds, 60)} (60 if not set): timeout, ${var.timeout}, must be at least three times that."
  }
}

# Other accounts.

variable "assume_role_name" {
  description = "Name of the role to look at the instances of other accounts with, with its path if it has one: sleuth or tools/sleuth. Needs assume_role_accounts. The role is not made here: its trust and its permissions are outputs."
  type        = string
  default     = null

  validation {
    condition     = var.assume_role_name == null ? true : can(regex("^([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$", var.assume_role_name))
    error_message = "assume_role_name is `${coalesce(var.assume_role_name, " ")}`: must be a role's name, with its path if it has one, such as sleuth or tools/sleuth."
  }

  validation {
    condition     = (var.assume_role_name == null) == (length(var.assume_role_accounts) == 0)
    error_message = "assume_role_name and assume_role_accounts need each other: set both or neither."
  }

  validation {
    condition = var.assume_role_name != null || alltrue([
      for id in [var.assume_role_external_id, var.assume_role_external_id_secret] : trimspace(coalesce(id, " ")) == ""
    ])
    error_message = "assume_role_external_id and assume_role_external_id_secret are of use only with assume_role_name."
  }
}

variable "assume_role_accounts" {
  description = "Ids of the other accounts whose instances are looked at. The function may assume assume_role_name in these, and nowhere else; with an event bus they may send events to it."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for account in var.assume_role_accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "assume_role_accounts are `${join(",", var.assume_role_accounts)}`: must be ids of accounts, 12 digits each."
  }
}

# The audit of all instances, in the same function.

variable "schedule" {
  description = "When the function also audits all instances: a cron or rate expression of EventBridge Scheduler. By default it does not, and another function has to. One function for both knows its own changes."
  type        = string
  default     = null

  validation {
    condition     = var.schedule == null ? true : can(regex("^(cron|rate)\\([^()]+\\)$", var.schedule))
    error_message = "schedule is `${coalesce(var.schedule, " ")}`: must be cron(…) or rate(…)."
  }
}

variable "missing_run_hours" {
  description = "With schedule: after how many hours without a run there is an alarm, 1 to 168. Runs of the watch count too, so that it is of use only where little happens. Null: none."
  type        = number
  default     = null

  validation {
    condition     = var.missing_run_hours == null || var.schedule != null
    error_message = "missing_run_hours needs schedule: the watch runs when something happens, and may rest for as long as nothing does."
  }
}

# The queue.

variable "queue_delay_seconds" {
  description = "Seconds a message waits in the queue before it is looked at, 0 to 900. By default as long as the grace period, grace_minutes (5 minutes if not set, 2 at least), but never more than the 900 that SQS gives."
  type        = number
  default     = null

  validation {
    condition     = var.queue_delay_seconds == null ? true : floor(var.queue_delay_seconds) == var.queue_delay_seconds && var.queue_delay_seconds >= 0 && var.queue_delay_seconds <= 900
    error_message = "queue_delay_seconds is ${coalesce(var.queue_delay_seconds, -1)}: must be a whole number from 0 to 900, which is the most SQS gives."
  }
}

variable "queue_batch_size" {
  description = "Most messages one run of the function gets, 1 to 10000. More than 10 need a queue_batch_window_seconds of at least 1."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = floor(var.queue_batch_size) == var.queue_batch_size && var.queue_batch_size >= 1 && var.queue_batch_size <= 10000
    error_message = "queue_batch_size is ${var.queue_batch_size}: must be a whole number from 1 to 10000."
  }

  validation {
    condition     = var.queue_batch_size <= 10 || var.queue_batch_window_seconds >= 1
    error_message = "queue_batch_size is ${var.queue_batch_size}: more than 10 need a queue_batch_window_seconds of at least 1."
  }
}

variable "queue_batch_window_seconds" {
  description = "Seconds for which Lambda waits for more messages before it starts a run, 0 to 300. What comes together is told to owners in one message: a launch and the tags that are set right after it."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = floor(var.queue_batch_window_seconds) == var.queue_batch_window_seconds && var.queue_batch_window_seconds >= 0 && var.queue_batch_window_seconds <= 300
    error_message = "queue_batch_window_seconds is ${var.queue_batch_window_seconds}: must be a whole number from 0 to 300."
  }
}

variable "queue_maximum_concurrency" {
  description = "How many runs of the function the queue may start side by side, 2 to 1000. Each knows of its own stops and terminations only, so that the brake may let through that many times as much."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = floor(var.queue_maximum_concurrency) == var.queue_maximum_concurrency && var.queue_maximum_concurrency >= 2 && var.queue_maximum_concurrency <= 1000
    error_message = "queue_maximum_concurrency is ${var.queue_maximum_concurrency}: must be a whole number from 2, the least AWS takes, to 1000."
  }

  validation {
    # Messages that are throttled count as tried, and end in the dead-letter queue. What the schedule starts needs room too.
    condition     = var.reserved_concurrency == null ? true : var.queue_maximum_concurrency + (var.schedule == null ? 0 : 1) <= var.reserved_concurrency
    error_message = "queue_maximum_concurrency is ${var.queue_maximum_concurrency}: must be at most reserved_concurrency, ${coalesce(var.reserved_concurrency, 0)}${var.schedule == null ? "" : ", less one for the runs of schedule"}."
  }
}

variable "queue_max_receive_count" {
  description = "How often a message is tried before it goes to the dead-letter queue, 1 to 1000. AWS advises 5 at least."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = floor(var.queue_max_receive_count) == var.queue_max_receive_count && var.queue_max_receive_count >= 1 && var.queue_max_receive_count <= 1000
    error_message = "queue_max_receive_count is ${var.queue_max_receive_count}: must be a whole number from 1 to 1000."
  }
}

variable "queue_retention_days" {
  description = "Days a message is kept in the queue, 1 to 13. The dead-letter queue keeps it for 14 days from when it was sent, so that some are left."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = floor(var.queue_retention_days) == var.queue_retention_days && var.queue_retention_days >= 1 && var.queue_retention_days <= 13
    error_message = "queue_retention_days is ${var.queue_retention_days}: must be a whole number from 1 to 13."
  }
}

variable "queue_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts both queues. Its policy is not touched, and has to let the sender use it: the output queue_key_policy is what to add. By default SQS encrypts with a key of its own."
  type        = string
  default     = null

  validation {
    # Not an alias: a policy does not match a key by it.
    condition     = var.queue_kms_key == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.queue_kms_key))
    error_message = "queue_kms_key is `${coalesce(var.queue_kms_key, " ")}`: must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }
}

variable "queue_age_alarm_minutes" {
  description = "Age of the oldest message, in minutes, at which an alarm begins: as long as the function does not come by. By default the delay and the time of two tries."
  type        = number
  default     = null

  validation {
    condition     = var.queue_age_alarm_minutes == null ? true : floor(var.queue_age_alarm_minutes) == var.queue_age_alarm_minutes && var.queue_age_alarm_minutes >= 1 && var.queue_age_alarm_minutes <= 18720
    error_message = "queue_age_alarm_minutes is ${coalesce(var.queue_age_alarm_minutes, -1)}: must be a whole number from 1 to 18720, 13 days."
  }

  validation {
    condition     = var.queue_age_alarm_minutes == null ? true : 60 * var.queue_age_alarm_minutes > local.delay_seconds
    error_message = "queue_age_alarm_minutes is ${coalesce(var.queue_age_alarm_minutes, 0)}: every message is ${local.delay_seconds} seconds old before it is looked at."
  }
}
