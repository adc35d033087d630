# The daily audit of EC2 tags: rules in a DynamoDB table that is made of this configuration, a Slack bot that tells owners by
# themselves, reports kept in S3.

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
  description = "Region the function is in. It looks at instances of all regions named below."
  type        = string
  default     = "eu-west-1"
}

variable "package" {
  description = "Path of the zip file that `scripts/build tags` wrote."
  type        = string
}

variable "slack_bot_token_secret" {
  description = "ARN of the secret that holds the token of the Slack bot."
  type        = string
}

variable "archive" {
  description = "Place for reports: s3://BUCKET/PREFIX."
  type        = string
}

provider "aws" {
  region = var.region
}

module "rules" {
  source = "../../modules/rules_table"

  rules = [
    { RuleId = "1", TagKey = "Owner", Required = "Y", Action = "UserLookup" },
    { RuleId = "2", TagKey = "Created", Required = "Y", Action = "Function", Default = "today()" },
    { RuleId = "3", TagKey = "Code", Required = "Y", Values = "LOL|GGG|BRB", Grace = "2h", OnViolation = "stop" },
  ]

  tags = { application = "sleuth" }
}

module "sleuth_tags" {
  source = "../../modules/tags"

  package         = var.package
  tag_rules_table = module.rules.name
  settable_tags   = module.rules.settable_tags
  regions         = ["eu-west-1", "us-east-1"]

  slack_bot_token_secret = var.slack_bot_token_secret
  slack_channel          = "#cloud-tags"
  archive                = var.archive

  schedule_timezone = "Europe/Dublin"

  # Owners are only told at first. Then set tags that are missing ("repair"), and once the reports have been right for some
  # days, do what the rules say ("stop").
  tag_action = "notify"

  # Launch a stopped instance with this tag in each region: a region that does not show it is not acted on.
  canary_tags = "Name=sleuth-canary-{region}"

  tags = { application = "sleuth" }
}

output "function_name" {
  description = "Name of the function, for `aws lambda invoke`."
  value       = module.sleuth_tags.function_name
}
