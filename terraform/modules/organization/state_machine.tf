# What calls the function for each step: for all accounts together, and for each of them.

locals {
  # Made from names, not taken from the resources, so that a plan shows the policies in full before anything exists.
  function_arn      = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${local.name}"
  state_machine_arn = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${local.name}"
  execution_arn     = "arn:${local.partition}:states:${local.region}:${local.account}:execution:${local.name}"
}

# Where the services of AWS that deliver logs keep theirs. Others would have to be named one by one in a policy of the
# account's, which has no room for many.
resource "aws_cloudwatch_log_group" "state_machine" {
  name              = "/aws/vendedlogs/states/${local.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key
  tags              = var.tags
}

resource "aws_sfn_state_machine" "this" {
  #checkov:skip=CKV_AWS_284:The input tracing turns it on. Checkov does not follow the condition.
  name     = local.name
  role_arn = aws_iam_role.state_machine.arn

  definition = templatefile("${path.module}/state_machine.asl.json", {
    partition    = local.partition
    function_arn = local.function_arn
    # Longer than the function may take, or a step that is still at work would be tried again beside it.
    timeout_seconds              = var.timeout + 60
    max_concurrency              = var.max_concurrency
    tolerated_failure_percentage = var.tolerated_failure_percentage
  })

  logging_configuration {
    log_destination = "${aws_cloudwatch_log_group.state_machine.arn}:*"
    level           = "ALL"
    # Names of runs, ids of accounts, and counts: what was found is in S3.
    include_execution_data = true
  }

  tracing_configuration {
    enabled = var.tracing
  }

  tags = var.tags

  # AWS looks whether logs can be delivered, and the first run must find its permissions, and the function.
  depends_on = [
    aws_iam_role_policy.state_machine,
    module.function,
  ]
}

data "aws_iam_policy_document" "state_machine" {
  statement {
    sid       = "DoSteps"
    actions   = ["lambda:InvokeFunction"]
    resources = [local.function_arn]
  }

  # Each account is an execution of its own, of the same state machine.
  statement {
    sid       = "StartAccounts"
    actions   = ["states:StartExecution"]
    resources = [local.state_machine_arn]
  }

  statement {
    sid       = "WatchAccounts"
    actions   = ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"]
    resources = ["${local.execution_arn}:*", "${local.execution_arn}/*"]
  }

  # Which accounts there are, and nothing of what was found in them.
  dynamic "statement" {
    for_each = local.outputs_buckets

    content {
      sid       = "ReadAccounts"
      actions   = ["s3:GetObject"]
      resources = [for list in ["accounts", "apply"] : "${statement.value}/${local.runs}/*/${list}.json"]
    }
  }

  dynamic "statement" {
    for_each = local.outputs_archive_keys

    content {
      sid       = "DecryptAccounts"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      # The region of the bucket is not known here; it is that of the key.
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [for suffix in local.outputs_suffixes : "s3.${split(":", statement.value)[3]}.${suffix}"]
      }
    }
  }

  statement {
    sid = "DeliverLogs"
    actions = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ]
    # AWS takes no narrower resource for deliveries.
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = var.tracing ? [true] : []

    content {
      sid = "Trace"
      actions = [
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
      ]
      # X-Ray takes no narrower resource for them.
      resources = ["*"]
    }
  }
}

data "aws_iam_policy_document" "state_machine_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }

    # Or the service could be talked into using this role by somebody else's account.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role" "state_machine" {
  name                 = "${local.name}-states"
  path                 = var.role_path
  description          = "What the state machine ${local.name} may do."
  assume_role_policy   = data.aws_iam_policy_document.state_machine_trust.json
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy" "state_machine" {
  name   = "steps"
  role   = aws_iam_role.state_machine.name
  policy = data.aws_iam_policy_document.state_machine.json
}
