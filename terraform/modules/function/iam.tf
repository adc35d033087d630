# What a function needs to run at all. sts:GetCallerIdentity needs no permission.

data "aws_iam_policy_document" "function" {
  # Not logs:CreateLogGroup: a group the function made for itself would keep its log for ever.
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:*"]
  }

  dynamic "statement" {
    for_each = compact([local.failure_destination])

    content {
      sid       = "ReportFailures"
      actions   = [split(":", statement.value)[2] == "sns" ? "sns:Publish" : "sqs:SendMessage"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = compact([local.failure_key])

    content {
      sid       = "EncryptFailures"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]

      # The key is used for the messages, and for nothing that is handed to KMS directly.
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.failure_services
      }
    }
  }

  dynamic "statement" {
    for_each = var.tracing ? [true] : []

    content {
      sid     = "Trace"
      actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      # X-Ray takes no narrower resource for them.
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.vpc_subnets) > 0 ? [true] : []

    content {
      sid     = "JoinVpc"
      actions = local.vpc_actions
      # Lambda does this with the function's role, and refuses one that is narrower.
      resources = ["*"]
    }
  }

  # It is Lambda that joins the VPC. The function itself has no business with networks.
  dynamic "statement" {
    for_each = length(var.vpc_subnets) > 0 ? [true] : []

    content {
      sid       = "LeaveVpcAlone"
      effect    = "Deny"
      actions   = local.vpc_actions
      resources = ["*"]

      condition {
        test     = "ArnEquals"
        variable = "lambda:SourceFunctionArn"
        values   = [local.function_arn]
      }
    }
  }
}

locals {
  vpc_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = flatten([
      for policy in [var.policy, data.aws_iam_policy_document.function.json] : jsondecode(policy).Statement
    ])
  })
}

data "aws_iam_policy_document" "function_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  name                 = var.name
  path                 = var.role_path
  description          = "What the function ${var.name} may do."
  assume_role_policy   = data.aws_iam_policy_document.function_trust.json
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy" "function" {
  name   = "audit"
  role   = aws_iam_role.function.name
  policy = local.policy

  lifecycle {
    precondition {
      # AWS counts characters, without white space.
      condition     = length(replace(local.policy, "/\\s/", "")) <= 10240
      error_message = "The policy of ${var.name} would have ${length(replace(local.policy, "/\\s/", ""))} characters, and AWS takes 10,240: make the longest of the inputs shorter that it is made of, such as settable_tags, protected_paths, assume_role_accounts, regions, secrets, email_owner_domains and archive."
    }
  }
}
