# Both audits, the watch and the digest, by the root module, the audit of EC2 tags in the function of the watch, which so
# knows its own changes: a Slack bot that tells owners by themselves, reports kept in a
# bucket, alarms, a dashboard, and a key of one's own for what is kept. The packages come from a release.

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
  description = "Region the functions are in."
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

variable "keys_release_sha256" {
  description = "SHA-256 of sleuth-keys-arm64.zip of that release."
  type        = string
}

variable "tags_release_sha256" {
  description = "SHA-256 of sleuth-tags-arm64.zip of that release."
  type        = string
}

variable "slack_bot_token_secret" {
  description = "ARN of the secret that holds the token of the Slack bot."
  type        = string
}

variable "archive_bucket" {
  description = "Name of the bucket that is made for reports."
  type        = string
}

variable "operators" {
  description = "Addresses of people who are told of alarms. Each has to confirm."
  type        = set(string)
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { application = "sleuth" }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  root = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
  logs = "arn:${data.aws_partition.current.partition}:logs:${var.region}:${data.aws_caller_identity.current.account_id}:log-group:/aws/lambda/sleuth-*"
}

# Who may use the key: this account, as its policies say, the log groups, and CloudWatch for the topic of alarms.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:The policy of a key is about this key only, and who may use it is up to the account's policies.
  #checkov:skip=CKV_AWS_111:The same.
  #checkov:skip=CKV_AWS_356:The same.
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }

  statement {
    sid       = "Logs"
    actions   = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = [local.logs]
    }
  }

  statement {
    sid       = "Alarms"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_kms_key" "sleuth" {
  description         = "What Sleuth keeps: logs, reports, rules, failed runs."
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
}

resource "aws_sns_topic" "alarms" {
  name              = "sleuth-alarms"
  kms_master_key_id = aws_kms_key.sleuth.arn
}

resource "aws_sns_topic_subscription" "operators" {
  for_each = var.operators

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_s3_bucket" "reports" {
  #checkov:skip=CKV_AWS_18:Who reads the reports is recorded by CloudTrail's data events, if anybody wants to know.
  #checkov:skip=CKV_AWS_144:Reports are records, not what anything runs on. They stay in their region.
  #checkov:skip=CKV2_AWS_62:Nobody waits for reports.
  bucket = var.archive_bucket
}

resource "aws_s3_bucket_public_access_block" "reports" {
  bucket = aws_s3_bucket.reports.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "reports" {
  bucket = aws_s3_bucket.reports.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "reports" {
  bucket = aws_s3_bucket.reports.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.sleuth.arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "reports" {
  bucket = aws_s3_bucket.reports.id

  rule {
    id     = "end"
    status = "Enabled"

    filter {}

    expiration {
      days = 730
    }

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

module "sleuth" {
  source = "../.."

  enable_keys   = true
  enable_tags   = false
  enable_watch  = true
  enable_digest = true
  dashboard     = true

  release             = var.release
  release_repository  = var.release_repository
  keys_release_sha256 = var.keys_release_sha256
  tags_release_sha256 = var.tags_release_sha256

  slack_bot_token_secret = var.slack_bot_token_secret
  slack_channel          = "#cloud-audits"
  # By its name, not from the resource, so that a plan shows the settings of the functions before the bucket exists.
  archive = "s3://${var.archive_bucket}/sleuth"
  # The ARN of a key is not known before it is made: what the functions may do is shown by the first plan after that.
  archive_bucket_kms_key = aws_kms_key.sleuth.arn
  kms_key                = aws_kms_key.sleuth.arn
  alarm_topics           = [aws_sns_topic.alarms.arn]
  tracing                = true

  schedule_timezone = "America/New_York"
  keys_schedule     = "cron(30 9 ? * MON-FRI *)"
  watch_schedule    = "cron(0 10 ? * MON-FRI *)"
  digest_schedule   = "cron(0 8 * * ? *)"

  # Access keys. Set it to true once the reports have been right for some days. Those below these paths stay as they are.
  enable_auto_expire = false
  protected_paths    = ["/break-glass/"]

  # Tags: all instances by watch_schedule, and each when something happens to it. Owners are only told at first; then "repair", and last "stop".
  tag_action        = "notify"
  regions           = distinct([var.region, "eu-west-1"])
  source_of_events  = "api_calls"
  forwarded_regions = setsubtract(["eu-west-1"], [var.region])
  rules = [
    { RuleId = "1", TagKey = "Owner", Required = "Y", Action = "UserLookup" },
    { RuleId = "2", TagKey = "Code", Required = "Y", Values = "LOL|GGG|BRB", Grace = "2h", OnViolation = "stop" },
  ]
}

output "functions" {
  description = "Names of the functions, for `aws lambda invoke`."
  value = [
    module.sleuth.keys.function_name,
    module.sleuth.watch.function_name,
    module.sleuth.digest.function_name,
  ]
}
