# The trail, and the key that encrypts its log files.

locals {
  reads_log_files = contains(["bucket_events", "bucket_eventbridge", "trail_topic"], var.source_of_events)

  # Made from names, not taken from the resources, so that a plan shows the policies in full before anything exists. The
  # trail of an organization belongs to the management account, whoever made it.
  new_trail_name    = coalesce(var.trail_name, var.name)
  new_trail_account = coalesce(var.management_account, local.account)
  new_trail_arn     = "arn:${local.partition}:cloudtrail:${local.region}:${local.new_trail_account}:trail/${local.new_trail_name}"

  # The trail that may write to what is made here.
  trail_arns = compact([var.create_trail ? local.new_trail_arn : var.trail_arn])

  trail_kms_keys = var.create_trail_kms_key ? aws_kms_key.trail[*].arn : compact([var.trail_kms_key])
}

resource "aws_cloudtrail" "this" {
  count = var.create_trail ? 1 : 0

  #checkov:skip=CKV_AWS_252:With source_of_events trail_topic it has a topic; the other ways need none.
  #checkov:skip=CKV_AWS_35:Whether a customer-managed key encrypts the log files is the user's choice: create_trail_kms_key, trail_kms_key.
  #checkov:skip=CKV_AWS_67:All regions is the default; that of the watch alone is the user's choice.
  #checkov:skip=CKV2_AWS_10:The watch reads log files, or hears of calls from EventBridge: a second copy in CloudWatch Logs would only cost.

  name                          = local.new_trail_name
  s3_bucket_name                = local.trail_bucket
  s3_key_prefix                 = var.trail_prefix
  sns_topic_name                = local.topic
  kms_key_id                    = one(local.trail_kms_keys)
  is_multi_region_trail         = var.trail_all_regions
  include_global_service_events = var.trail_all_regions
  is_organization_trail         = var.organization_id != null
  enable_log_file_validation    = true
  tags                          = var.tags

  event_selector {
    include_management_events = true
    read_write_type           = var.trail_read_events ? "All" : "WriteOnly"
  }

  # CloudTrail looks whether it may deliver before it makes the trail.
  depends_on = [
    aws_s3_bucket_policy.trail,
    aws_sns_topic_policy.trail,
    aws_kms_key_policy.trail,
  ]
}

data "aws_iam_policy_document" "trail_key" {
  count = var.create_trail_kms_key ? 1 : 0

  #checkov:skip=CKV_AWS_109:The account's own policies decide who may use its key; without this statement nobody could ever change the key again.
  #checkov:skip=CKV_AWS_111:The same.
  #checkov:skip=CKV_AWS_356:In a key's policy `*` is that key.

  statement {
    sid       = "LeaveToAccount"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "EncryptLogFiles"
    actions   = ["kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = local.trail_arns
    }

    # A trail of all regions goes by its name in each of them.
    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:cloudtrail:arn"
      values   = [for arn in local.trail_arns : join(":", concat(slice(split(":", arn), 0, 3), ["*"], slice(split(":", arn), 4, 6)))]
    }
  }

  statement {
    sid       = "DescribeKey"
    actions   = ["kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = local.trail_arns
    }
  }
}

resource "aws_kms_key" "trail" {
  count = var.create_trail_kms_key ? 1 : 0

  #checkov:skip=CKV2_AWS_64:Its policy is a resource of its own, below.

  description             = "Encrypts log files of CloudTrail for ${var.name}."
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = var.tags
}

resource "aws_kms_key_policy" "trail" {
  count = var.create_trail_kms_key ? 1 : 0

  key_id = one(aws_kms_key.trail).key_id
  policy = one(data.aws_iam_policy_document.trail_key).json
}
