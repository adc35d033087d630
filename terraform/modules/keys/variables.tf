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
