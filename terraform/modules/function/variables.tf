# What differs between functions. part_deployment.tf has the rest.

variable "name" {
  description = "Name of the function, its schedule and its role; part of the names of its log group, its queue and its alarms."
  type        = string
  nullable    = false

  validation {
    # AWS takes 64 characters for a role, and the scheduler's role adds `-scheduler`.
    condition     = can(regex("^[A-Za-z0-9_-]{1,54}$", var.name))
    error_message = "name is `${var.name}`: must be 1 to 54 letters, digits, hyphens and underscores."
  }
}

variable "description" {
  description = "What the function does."
  type        = string
  nullable    = false
}

variable "artifact" {
  description = "The release's file without architecture and ending, such as sleuth-keys."
  type        = string
  nullable    = false
}

variable "environment" {
  description = "The settings of the program."
  type        = map(string)
  nullable    = false
}

variable "secret_environment" {
  description = "Settings that are secrets, which plans do not show."
  type        = map(string)
  default     = {}
  nullable    = false
  sensitive   = true
}

variable "policy" {
  description = "What the function may do, as a policy in JSON. What it needs to run at all comes on top."
  type        = string
  nullable    = false

  validation {
    condition     = can(jsondecode(var.policy).Statement)
    error_message = "policy must be a policy in JSON."
  }
}

variable "schedule" {
  description = "When the function is started: a cron or rate expression of EventBridge Scheduler. Null: no schedule."
  type        = string
  default     = null

  validation {
    condition     = var.schedule == null ? true : can(regex("^(cron|rate)\\([^()]+\\)$", var.schedule))
    error_message = "schedule is `${coalesce(var.schedule, " ")}`: must be cron(…) or rate(…)."
  }
}

variable "schedule_input" {
  description = "What the schedule hands to the function, as JSON."
  type        = string
  default     = "{}"
  nullable    = false
}

variable "schedule_target" {
  description = "What the schedule starts in place of the function, and what may be done to that: its ARN, and an action of IAM."
  type        = object({ arn = string, action = string })
  default     = null
}

variable "missing_run_hours" {
  description = "After how many hours without a run there is an alarm. Null: none."
  type        = number
  default     = null

  validation {
    # CloudWatch looks back seven days at most.
    condition     = var.missing_run_hours == null ? true : floor(var.missing_run_hours) == var.missing_run_hours && var.missing_run_hours >= 1 && var.missing_run_hours <= 168
    error_message = "missing_run_hours is ${coalesce(var.missing_run_hours, -1)}: must be a whole number of hours from 1 to 168, which is as far as an alarm looks back."
  }
}

variable "timeout" {
  description = "Seconds a run may take. The default is the most Lambda gives: an account may have 5,000 users, and a run that is cut off has told nobody."
  type        = number
  default     = 900
  nullable    = false

  validation {
    # Sleuth reads for 70 % of its time: in less than half a minute there is no account it could read.
    condition     = floor(var.timeout) == var.timeout && var.timeout >= 30 && var.timeout <= 900
    error_message = "timeout is ${var.timeout}: must be a whole number of seconds from 30 to 900."
  }
}

variable "asynchronous_retries" {
  description = "How often Lambda repeats a failed run: 0 to 2."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = contains([0, 1, 2], var.asynchronous_retries)
    error_message = "asynchronous_retries is ${var.asynchronous_retries}: must be 0, 1 or 2."
  }
}
