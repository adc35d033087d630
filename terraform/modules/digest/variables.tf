# What is the digest's own. The files part_*.tf have what it shares with others.

variable "name" {
  description = "Name of the function, its schedule and its role; part of the names of its log group, its queue and its alarms."
  type        = string
  default     = "sleuth-digest"
  nullable    = false
}

variable "schedule" {
  description = "When the digest is made: a cron or rate expression of EventBridge Scheduler. By default at 8:00 every day, as each is about the day before. Null: no schedule."
  type        = string
  default     = "cron(0 8 * * ? *)"
}

variable "missing_run_hours" {
  description = "After how many hours without a run there is an alarm, 1 to 168: more than the longest rest of the schedule. The default is longer than a day, by the hour that a clock is put forward or back and one more. Null, or no schedule: none."
  type        = number
  default     = 26
}

variable "timeout" {
  description = "Seconds a run may take. The default is the most Lambda gives: an account may have 5,000 users, and a run that is cut off has told nobody."
  type        = number
  default     = 900
  nullable    = false
}

variable "asynchronous_retries" {
  description = "How often Lambda repeats a failed run, 0 to 2. By default not at all: a run also fails if one report cannot be read or one channel is down, and each attempt sends the digest to all channels again."
  type        = number
  default     = 0
  nullable    = false
}

variable "artifact" {
  description = "Which of the release's packages is taken: sleuth-keys, sleuth-tags or sleuth-all. Each can make digests."
  type        = string
  default     = "sleuth-keys"
  nullable    = false

  validation {
    condition     = contains(["sleuth-keys", "sleuth-tags", "sleuth-all"], var.artifact)
    error_message = "artifact is `${var.artifact}`: must be sleuth-keys, sleuth-tags or sleuth-all."
  }
}

variable "digest_since" {
  description = "How far back a digest looks, as in 24h, 7days or 90min, at most ten years. The program's default is 24h."
  type        = string
  default     = null

  validation {
    # Units as the program knows them: M is a month, m a minute.
    condition = trimspace(coalesce(var.digest_since, " ")) == "" ? true : (
      can(regex("^\\s*([0-9]+\\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?|M|months?|y|yrs?|years?)\\s*)+$", var.digest_since)) &&
      can(regex("[1-9]", var.digest_since))
    )
    error_message = "digest_since is `${coalesce(var.digest_since, " ")}`: must be a time as in 24h, 7days or 90min, at most ten years."
  }

  validation {
    condition = sum(concat([0], [
      for part in regexall("([0-9]{1,9})\\s*(mo|M|[a-z])", coalesce(var.digest_since, " ")) :
      tonumber(part[0]) * lookup({ s = 1, m = 60, h = 3600, d = 86400, w = 604800, mo = 2630016, M = 2630016, y = 31557600 }, part[1], 0)
    ])) <= 3660 * 86400 && !can(regex("[0-9]{10}", coalesce(var.digest_since, " ")))
    error_message = "digest_since is `${coalesce(var.digest_since, " ")}`: must be at most ten years."
  }
}

variable "digest_always" {
  description = "Whether the digest is sent also if nothing was done."
  type        = bool
  default     = false
  nullable    = false
}

variable "digest_title" {
  description = "Title of messages. The program's default is AWS Sleuth Digest."
  type        = string
  default     = null
}

variable "digest_text" {
  description = "What readers should know or do."
  type        = string
  default     = null
}
