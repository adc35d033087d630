locals {
  schedule_target = var.schedule_target == null ? { arn = local.function_arn, action = "lambda:InvokeFunction" } : var.schedule_target
}

resource "aws_scheduler_schedule" "this" {
  #checkov:skip=CKV_AWS_297:What a schedule holds is no secret: the name of what it starts, and an empty event or its time.
  count = var.schedule == null ? 0 : 1

  name                         = var.name
  description                  = "Starts ${var.name}."
  schedule_expression          = var.schedule
  schedule_expression_timezone = var.schedule_timezone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.schedule_target == null ? aws_lambda_function.this.arn : var.schedule_target.arn
    role_arn = one(aws_iam_role.scheduler[*].arn)
    input    = var.schedule_input

    # Only for runs that could not be started. The defaults, 185 attempts in a day, could reach into the next day's run.
    retry_policy {
      maximum_retry_attempts       = 10
      maximum_event_age_in_seconds = 3600
    }

    # The scheduler takes queues only.
    dynamic "dead_letter_config" {
      for_each = compact([local.failure_queue_arn])

      content {
        arn = dead_letter_config.value
      }
    }
  }

  # The first run must find its permissions, and its retries as they shall be.
  depends_on = [
    aws_iam_role_policy.scheduler,
    aws_lambda_function_event_invoke_config.this,
  ]
}

# What the schedule may do: start this function, or the target in its place, and say that it could not.

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = var.schedule_target == null ? "StartFunction" : "StartTarget"
    actions   = [local.schedule_target.action]
    resources = [local.schedule_target.arn]
  }

  dynamic "statement" {
    for_each = compact([local.failure_queue_arn])

    content {
      sid       = "ReportFailures"
      actions   = ["sqs:SendMessage"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.failure_queue_arn == null ? [] : compact([local.failure_key])

    content {
      sid       = "EncryptFailures"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.failure_services
      }
    }
  }
}

data "aws_iam_policy_document" "scheduler_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    # Or the service could be talked into using this role by somebody else's account.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role" "scheduler" {
  count = var.schedule == null ? 0 : 1

  name                 = "${var.name}-scheduler"
  path                 = var.role_path
  description          = "Lets the schedule start ${var.schedule_target == null ? "the function " : ""}${var.name}."
  assume_role_policy   = data.aws_iam_policy_document.scheduler_trust.json
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy" "scheduler" {
  count = var.schedule == null ? 0 : 1

  name   = "start"
  role   = one(aws_iam_role.scheduler[*].name)
  policy = data.aws_iam_policy_document.scheduler.json
}
