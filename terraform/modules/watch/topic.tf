# The topic by which the trail tells of log files.

locals {
  new_topic_arn = "arn:${local.partition}:sns:${local.region}:${local.account}:${var.name}-trail"

  # Null without source_of_events trail_topic.
  topic = var.create_trail_topic ? local.new_topic_arn : var.trail_topic
}

resource "aws_sns_topic" "trail" {
  count = var.create_trail_topic ? 1 : 0

  #checkov:skip=CKV_AWS_26:CloudTrail cannot publish with AWS's own key, and the messages hold names of log files only; a key is the user's choice: topic_kms_key.

  name              = "${var.name}-trail"
  kms_master_key_id = var.trail_topic_kms_key
  tags              = var.tags
}

# What an existing topic's policy has to have as well: it is an output. Without a count, as a plan may not know yet which
# topic and trail there are; who uses it looks whether there are any.
data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "CloudTrailPublishes"
    actions   = ["sns:Publish"]
    resources = compact([local.topic])

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
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = compact([local.topic])

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

resource "aws_sns_topic_policy" "trail" {
  count = var.create_trail_topic || var.overwrite_trail_topic_policy ? 1 : 0

  region = split(":", local.topic)[3]
  arn    = local.topic
  policy = data.aws_iam_policy_document.topic.json

  depends_on = [aws_sns_topic.trail]
}

resource "aws_sns_topic_subscription" "this" {
  count = var.source_of_events == "trail_topic" ? 1 : 0

  # The topic's own, which SNS asks for.
  region    = split(":", local.topic)[3]
  topic_arn = local.topic
  protocol  = "sqs"
  endpoint  = local.queue_arn

  # What SNS cannot deliver is kept, if it can be: SNS takes a queue of the topic's own region only.
  redrive_policy = split(":", local.topic)[3] == local.region ? jsonencode({ deadLetterTargetArn = local.dead_letter_queue_arn }) : null

  # The first message must find its permission.
  depends_on = [
    aws_sns_topic.trail,
    aws_sqs_queue_policy.this,
    aws_sqs_queue_policy.dead_letters,
  ]
}
