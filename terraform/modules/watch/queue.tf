# The queue in between: a delay as long as the grace period, another try of what failed, and a place for what failed every
# time.

locals {
  # Made from names, not taken from the resources, so that a plan shows the policies in full before anything exists.
  queue_arn             = "arn:${local.partition}:sqs:${local.region}:${local.account}:${var.name}"
  dead_letter_queue_arn = "${local.queue_arn}-dead-letters"

  # 5 minutes is the program's own default, and 2 the least it leaves an instance alone, whatever it is told.
  grace_minutes = max(2, coalesce(var.grace_minutes, 5))
  # 900 seconds is the most SQS gives.
  delay_seconds = coalesce(var.queue_delay_seconds, min(900, 60 * local.grace_minutes))

  # As AWS asks of a queue for a function: or a message would come again while it is still being looked at.
  visibility_seconds = 6 * var.timeout + var.queue_batch_window_seconds

  # Who sends, and what for. The ARN of a bucket does not say whose it is; those of rules and topics do, and EventBridge
  # sends no aws:SourceAccount.
  sender = {
    api_calls          = { service = "events.amazonaws.com", sid = "RuleSends", arns = local.rule_arns, accounts = [] }
    tag_changes        = { service = "events.amazonaws.com", sid = "RuleSends", arns = local.rule_arns, accounts = [] }
    bucket_eventbridge = { service = "events.amazonaws.com", sid = "RuleSends", arns = local.rule_arns, accounts = [] }
    bucket_events = {
      service  = "s3.amazonaws.com"
      sid      = "BucketSends"
      arns     = compact([local.trail_bucket_arn])
      accounts = [coalesce(var.trail_bucket_account, local.account)]
    }
    trail_topic = { service = "sns.amazonaws.com", sid = "TopicSends", arns = compact([local.topic]), accounts = [] }
  }[var.source_of_events]
}

resource "aws_sqs_queue" "this" {
  name                       = var.name
  delay_seconds              = local.delay_seconds
  visibility_timeout_seconds = local.visibility_seconds
  message_retention_seconds  = 86400 * var.queue_retention_days

  sqs_managed_sse_enabled = var.queue_kms_key == null ? true : null
  kms_master_key_id       = var.queue_kms_key

  redrive_policy = jsonencode({
    deadLetterTargetArn = local.dead_letter_queue_arn
    maxReceiveCount     = var.queue_max_receive_count
  })

  tags = var.tags

  depends_on = [aws_sqs_queue.dead_letters]
}

resource "aws_sqs_queue" "dead_letters" {
  name = "${var.name}-dead-letters"
  # The most there is. It counts from when the message was sent to the first queue.
  message_retention_seconds = 1209600

  sqs_managed_sse_enabled = var.queue_kms_key == null ? true : null
  kms_master_key_id       = var.queue_kms_key

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.queue_arn]
  })

  tags = var.tags
}

# Who may send: nobody but the source of events. Who may receive is up to the policies of this account.
data "aws_iam_policy_document" "queue" {
  for_each = {
    this         = local.queue_arn
    dead_letters = local.dead_letter_queue_arn
  }

  dynamic "statement" {
    # What a bucket cannot send to the queue it sends nowhere else.
    for_each = each.key == "this" || local.sender.service != "s3.amazonaws.com" ? [local.sender] : []

    content {
      sid       = statement.value.sid
      actions   = ["sqs:SendMessage"]
      resources = [each.value]

      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = statement.value.arns
      }

      dynamic "condition" {
        for_each = length(statement.value.accounts) > 0 ? [statement.value.accounts] : []

        content {
          test     = "StringEquals"
          variable = "aws:SourceAccount"
          values   = condition.value
        }
      }
    }
  }

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value]

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

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.url
  policy    = data.aws_iam_policy_document.queue["this"].json
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy    = data.aws_iam_policy_document.queue["dead_letters"].json
}

# What the policy of queue_kms_key has to have: it is an output. Without conditions on who sends, as KMS is not told of that
# by EventBridge. And without a count, as a plan may not know whether there is a key: one that is made by the same configuration.
data "aws_iam_policy_document" "queue_key" {
  #checkov:skip=CKV_AWS_111:In a key's policy `*` is that key, and EventBridge gives nothing to narrow the sender by.
  #checkov:skip=CKV_AWS_356:The same.

  statement {
    sid       = "SleuthWatchSends"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = [local.sender.service]
    }
  }
}

resource "aws_lambda_event_source_mapping" "this" {
  event_source_arn                   = local.queue_arn
  function_name                      = module.function.function_name
  batch_size                         = var.queue_batch_size
  maximum_batching_window_in_seconds = var.queue_batch_window_seconds

  # Without it Lambda takes an answer that names failed messages for success, and deletes them.
  function_response_types = ["ReportBatchItemFailures"]

  # Not by reserved_concurrency: Lambda would take messages that it then has no room for, and count them as tried.
  scaling_config {
    maximum_concurrency = var.queue_maximum_concurrency
  }

  tags = var.tags

  depends_on = [aws_sqs_queue.this]
}
