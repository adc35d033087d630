# The bucket with the log files.

locals {
  trail_bucket_default = lower(replace("${var.name}-trail-${local.account}-${local.region}", "_", "-"))

  # Null if the watch has nothing to do with one.
  trail_bucket     = var.create_trail_bucket ? coalesce(var.trail_bucket, local.trail_bucket_default) : var.trail_bucket
  trail_bucket_arn = local.trail_bucket == null ? null : "arn:${local.partition}:s3:::${local.trail_bucket}"

  # What is above AWSLogs, with a slash at its end unless there is nothing.
  above_logs = var.trail_prefix == null ? "" : "${var.trail_prefix}/"
  # Below which the log files are.
  logs = "${local.above_logs}AWSLogs/${var.organization_id == null ? "" : "${var.organization_id}/"}"

  writes_bucket_policy       = var.create_trail_bucket || var.overwrite_trail_bucket_policy
  writes_bucket_notification = contains(["bucket_events", "bucket_eventbridge"], var.source_of_events) && (var.create_trail_bucket || var.overwrite_trail_bucket_notification)
}

resource "aws_s3_bucket" "trail" {
  count = var.create_trail_bucket ? 1 : 0

  #checkov:skip=CKV_AWS_18:A log of who reads the log is the user's choice, and needs another bucket.
  #checkov:skip=CKV_AWS_144:A copy in another region is the user's choice, and costs as much again.
  #checkov:skip=CKV_AWS_145:CloudTrail encrypts the log files with the trail's key, if it has one; a key of the bucket's would have to let CloudTrail use it as well.
  #checkov:skip=CKV2_AWS_62:Only with source_of_events bucket_events and bucket_eventbridge is anybody told by the bucket.

  bucket        = local.trail_bucket
  force_destroy = var.trail_bucket_force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "trail" {
  count = var.create_trail_bucket ? 1 : 0

  bucket                  = one(aws_s3_bucket.trail).bucket
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "trail" {
  count = var.create_trail_bucket ? 1 : 0

  bucket = one(aws_s3_bucket.trail).bucket

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "trail" {
  count = var.create_trail_bucket ? 1 : 0

  bucket = one(aws_s3_bucket.trail).bucket

  versioning_configuration {
    status = "Enabled"
  }
}

# By S3's own keys. CloudTrail says of each file itself with which key of KMS it shall be encrypted, if the trail has one.
resource "aws_s3_bucket_server_side_encryption_configuration" "trail" {
  count = var.create_trail_bucket ? 1 : 0

  bucket = one(aws_s3_bucket.trail).bucket

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "trail" {
  count = var.create_trail_bucket ? 1 : 0

  bucket = one(aws_s3_bucket.trail).bucket

  # Nothing is ever written twice: an older version is what somebody replaced or deleted, and is kept to be looked at.
  rule {
    id     = "older-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  dynamic "rule" {
    for_each = var.trail_retention_days > 0 ? [var.trail_retention_days] : []

    content {
      id     = "log-files"
      status = "Enabled"

      filter {}

      expiration {
        days = rule.value
      }
    }
  }

  # S3 takes a rule about versions only where there are versions.
  depends_on = [aws_s3_bucket_versioning.trail]
}

# What an existing bucket's policy has to have as well: it is an output. Without a count, as a plan may not know yet which
# bucket and trail there are; who uses it looks whether there are any.
data "aws_iam_policy_document" "trail_bucket" {
  statement {
    sid       = "CloudTrailLooks"
    actions   = ["s3:GetBucketAcl"]
    resources = compact([local.trail_bucket_arn])

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

  statement {
    sid     = "CloudTrailWrites"
    actions = ["s3:PutObject"]

    # The files of an organization's trail are below its id, and those of the account that owns it may be beside that.
    resources = [
      for place in setproduct(compact([local.trail_bucket_arn]), compact(concat([for arn in local.trail_arns : split(":", arn)[4]], [var.organization_id]))) :
      "${place[0]}/${local.above_logs}AWSLogs/${place[1]}/*"
    ]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = local.trail_arns
    }
  }

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = flatten([for arn in compact([local.trail_bucket_arn]) : [arn, "${arn}/*"]])

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "trail" {
  count = local.writes_bucket_policy ? 1 : 0

  bucket = local.trail_bucket
  policy = data.aws_iam_policy_document.trail_bucket.json

  # S3 takes one change of a bucket's access at a time.
  depends_on = [
    aws_s3_bucket.trail,
    aws_s3_bucket_ownership_controls.trail,
    aws_s3_bucket_public_access_block.trail,
  ]
}

resource "aws_s3_bucket_notification" "trail" {
  count = local.writes_bucket_notification ? 1 : 0

  bucket      = local.trail_bucket
  eventbridge = var.source_of_events == "bucket_eventbridge"

  dynamic "queue" {
    for_each = var.source_of_events == "bucket_events" ? [local.queue_arn] : []

    content {
      id            = var.name
      queue_arn     = queue.value
      events        = ["s3:ObjectCreated:*"]
      filter_prefix = local.logs
      filter_suffix = ".json.gz"
    }
  }

  # S3 looks whether it may send before it takes the configuration.
  depends_on = [aws_s3_bucket.trail, aws_sqs_queue_policy.this]
}
