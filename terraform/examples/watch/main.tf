# The watch of EC2 tags, and the audit of all instances in the same function, so that it knows its own changes. It hears of
# launches, starts and tags in two regions by EventBridge, for which the account needs a trail.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0, < 7"
    }
  }
}

variable "region" {
  description = "Region the function is in."
  type        = string
  default     = "eu-west-1"
}

variable "package" {
  description = "Path of the zip file that `scripts/build tags` wrote."
  type        = string
}

variable "slack_url_secret" {
  description = "ARN of the secret that holds the Slack incoming webhook of the channel."
  type        = string
}

variable "alarm_topic" {
  description = "ARN of the SNS topic that is told of alarms, in the function's region."
  type        = string
}

provider "aws" {
  region = var.region
}

module "rules" {
  source = "../../modules/rules_table"

  rules = [
    { RuleId = "1", TagKey = "Owner", Required = "Y", Action = "UserLookup" },
    { RuleId = "2", TagKey = "Code", Required = "Y", Values = "LOL|GGG|BRB", OnViolation = "stop" },
  ]

  tags = { application = "sleuth" }
}

module "sleuth_watch" {
  source = "../../modules/watch"

  package          = var.package
  tag_rules_table  = module.rules.name
  settable_tags    = module.rules.settable_tags
  slack_url_secret = var.slack_url_secret
  alarm_topics     = [var.alarm_topic]

  source_of_events  = "api_calls"
  forwarded_regions = setsubtract(["eu-central-1"], [var.region])
  regions           = distinct([var.region, "eu-central-1"])

  # Messages wait in the queue for as long as an instance is left alone. What failed comes again after six times the timeout.
  grace_minutes = 10
  timeout       = 300

  # What was not told of, and what was still in its grace period, is found here.
  schedule = "cron(0 10 ? * MON-FRI *)"

  # Owners are only told at first. Then set tags that are missing ("repair"), and once the reports have been right for some
  # days, do what the rules say ("stop").
  tag_action = "notify"

  tags = { application = "sleuth" }
}

output "function_name" {
  description = "Name of the function."
  value       = module.sleuth_watch.function_name
}

output "dead_letter_queue_url" {
  description = "URL of the queue with messages that failed every time."
  value       = module.sleuth_watch.dead_letter_queue_url
}
