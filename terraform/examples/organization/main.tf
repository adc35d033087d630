# The audit of access keys over all accounts of an organization, once a working day: the function and its state machine in
# an account of your own for that, which is a delegated administrator of the organization; the role in all other accounts by
# a stack set, and in the management account, to which stack sets do not deploy. Keys are looked at, never touched.
#
# Two accounts are worked in: as whoever runs this in that of the audit, and by a role in the management account.

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
  description = "Region the function is in. IAM is global: one function serves all accounts."
  type        = string
  default     = "us-east-1"
}

variable "management_role" {
  description = "ARN of the role in the management account that may make roles and stack sets there."
  type        = string
}

variable "organization_id" {
  description = "Id of the organization, o-…"
  type        = string
}

variable "root" {
  description = "Id of the organization's root, r-…, or of an organizational unit: accounts below it are audited."
  type        = string
}

variable "package" {
  description = "Path of the zip file, as `scripts/build keys arm64` writes it."
  type        = string
}

variable "slack_url_secret" {
  description = "ARN of the secret that holds the Slack webhook."
  type        = string
}

variable "external_id" {
  description = "What the function has to say to the roles: some letters and digits of your choice, such as `uuidgen` prints."
  type        = string
}

variable "archive_bucket" {
  description = "Name of the bucket that is made for reports and for what runs work with."
  type        = string
}

variable "alarm_topic" {
  description = "ARN of the SNS topic that is told of alarms."
  type        = string
}

provider "aws" {
  region = var.region
}

provider "aws" {
  alias  = "management"
  region = var.region

  assume_role {
    role_arn = var.management_role
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  name = "sleuth-organization-keys"
  # Made of names, so that the roles can be there before the function.
  function_role = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/${local.name}"

  # What the audit may do in the accounts. Function and roles have to be told the same.
  enable_auto_expire = false
  protected_paths    = ["/break-glass/"]
}

# First the roles.

module "member_roles" {
  source = "../../modules/member_role_stackset"

  providers = { aws = aws.management }

  audit              = "keys"
  function_roles     = [local.function_role]
  external_id        = var.external_id
  enable_auto_expire = local.enable_auto_expire
  protected_paths    = local.protected_paths

  org_units = [var.root]
  # The function's own account, where it has its own role.
  exclude_accounts = [data.aws_caller_identity.current.account_id]
}

module "management_role" {
  source = "../../modules/member_role"

  providers = { aws = aws.management }

  audit              = "keys"
  function_roles     = [local.function_role]
  external_id        = var.external_id
  enable_auto_expire = local.enable_auto_expire
  protected_paths    = local.protected_paths
}

# Then the function.

module "sleuth" {
  source = "../../modules/organization"

  name    = local.name
  audit   = "keys"
  package = var.package

  accounts                = ["org"]
  organization_id         = var.organization_id
  assume_role_name        = module.member_roles.role_name
  assume_role_external_id = var.external_id

  # Set it to true in the roles and here once the reports have been right for some days, with brakes as a usual day needs:
  # max_disable for each account, max_disable_total for all together.
  enable_auto_expire = local.enable_auto_expire
  protected_paths    = local.protected_paths

  # By its name, not from the resource, so that a plan shows the settings of the function before the bucket exists.
  archive          = "s3://${var.archive_bucket}/sleuth"
  slack_url_secret = var.slack_url_secret
  alarm_topics     = [var.alarm_topic]
}

# What runs work with, and their reports.

resource "aws_s3_bucket" "reports" {
  #checkov:skip=CKV_AWS_18:Who reads the reports is recorded by CloudTrail's data events, if anybody wants to know.
  #checkov:skip=CKV_AWS_144:Reports are records, not what anything runs on. They stay in their region.
  #checkov:skip=CKV_AWS_145:S3 encrypts by itself. With a key of your own, name it in archive_bucket_kms_key above.
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

# Nobody but the function writes what its runs go by.
resource "aws_s3_bucket_policy" "reports" {
  bucket = aws_s3_bucket.reports.id
  policy = module.sleuth.archive_bucket_policy

  depends_on = [aws_s3_bucket_public_access_block.reports]
}

resource "aws_s3_bucket_lifecycle_configuration" "reports" {
  bucket = aws_s3_bucket.reports.id

  # Whole inventories of accounts, of no use after the run but to find out what happened.
  rule {
    id     = "runs"
    status = "Enabled"

    filter {
      prefix = "sleuth/runs/"
    }

    expiration {
      days = 14
    }
  }

  rule {
    id     = "end"
    status = "Enabled"

    filter {}

    expiration {
      days = 730
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

output "state_machine_arn" {
  description = "ARN of the state machine, for `aws stepfunctions start-execution`."
  value       = module.sleuth.state_machine_arn
}
