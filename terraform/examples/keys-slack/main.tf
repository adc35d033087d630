# The daily audit, reported to a Slack channel. Keys are looked at, never touched.

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
  description = "Region the function runs in. IAM is global: one function serves the whole account."
  type        = string
  default     = "us-east-1"
}

variable "package" {
  description = "Path of the zip file that `scripts/build` wrote."
  type        = string
}

# Make it by hand, so that the webhook stands in no configuration and no state:
#   aws secretsmanager create-secret --name sleuth/slack --secret-string file://webhook.txt --query ARN --output text
variable "slack_url_secret" {
  description = "ARN of the secret that holds the Slack incoming webhook of the channel."
  type        = string
}

provider "aws" {
  region = var.region
}

module "sleuth_keys" {
  source = "../../modules/keys"

  package          = var.package
  slack_url_secret = var.slack_url_secret

  schedule          = "cron(30 9 ? * MON-FRI *)"
  schedule_timezone = "Europe/Berlin"

  expiration_age         = 90
  warning_age            = 76
  inactivity_age         = 45
  inactivity_warning_age = 31

  expire_notification_title   = "Access keys that are about to expire"
  expire_notification_text    = "Make a new key, put it in place of the old one, then delete the old one."
  inactive_notification_title = "Access keys that nobody uses"
  inactive_notification_text  = "Delete keys you no longer need."

  # Set this to true once the reports have been right for some days: expired keys are then disabled.
  enable_auto_expire = false
  # Not these, whatever happens: the function is denied it.
  protected_paths = ["/break-glass/"]

  tags = {
    application = "sleuth"
  }
}

output "function_name" {
  description = "Name of the function, for `aws lambda invoke`."
  value       = module.sleuth_keys.function_name
}
