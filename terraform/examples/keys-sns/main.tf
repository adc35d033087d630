# The daily audit of access keys, published to an SNS topic that people subscribe to by mail. Nothing is kept secret here,
# and keys are looked at, never touched. The package comes from a release.

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
  description = "Region the function and the topic are in. IAM is global: one function serves the whole account."
  type        = string
  default     = "us-east-1"
}

variable "release" {
  description = "Tag of the release, such as v1.0.0."
  type        = string
}

variable "release_repository" {
  description = "Repository that the release is of, OWNER/NAME."
  type        = string
}

variable "release_sha256" {
  description = "SHA-256 of sleuth-keys-arm64.zip of that release."
  type        = string
}

variable "readers" {
  description = "Addresses of people who read the reports. Each has to confirm."
  type        = set(string)
}

provider "aws" {
  region = var.region
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  name = "sleuth-keys"
  # Made of names, so that a plan shows what the function may do before the topic exists.
  topic = "arn:${data.aws_partition.current.partition}:sns:${var.region}:${data.aws_caller_identity.current.account_id}:${local.name}"
}

resource "aws_sns_topic" "reports" {
  name = local.name
  # AWS's own key. With a key of your own, name it in sns_topic_kms_key below.
  kms_master_key_id = "alias/aws/sns"
}

resource "aws_sns_topic_subscription" "readers" {
  for_each = var.readers

  topic_arn = aws_sns_topic.reports.arn
  protocol  = "email"
  endpoint  = each.value
}

module "sleuth_keys" {
  source = "../../modules/keys"

  name               = local.name
  release            = var.release
  release_repository = var.release_repository
  release_sha256     = var.release_sha256

  sns_topic         = local.topic
  schedule_timezone = "Europe/London"

  # A second topic would be better: an alarm on what is not delivered may not be delivered either.
  alarm_topics = []
}

output "function_name" {
  description = "Name of the function, for `aws lambda invoke`."
  value       = module.sleuth_keys.function_name
}
