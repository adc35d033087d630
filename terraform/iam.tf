# What the function may do: the calls the program makes, and no others. sts:GetCallerIdentity needs no permission.

data "aws_iam_policy_document" "function" {
  statement {
    sid = "ReadAccount"
    actions = [
      "iam:GetAccountAuthorizationDetails",
      "iam:ListAccountAliases",
      "iam:ListUsers",
    ]
    # These calls concern the whole account; IAM takes no narrower resource for them.
    resources = ["*"]
  }

  statement {
    sid = "ReadKeys"
    actions = [
      "iam:GetAccessKeyLastUsed",
      "iam:ListAccessKeys",
      "iam:ListUserTags",
    ]
    resources = ["arn:${local.partition}:iam::${local.account}:user/*"]
  }

  # Without auto expire not even a mistake in the program can disable a key.
  dynamic "statement" {
    for_each = var.enable_auto_expire ? [true] : []

    content {
      sid       = "DisableKeys"
      actions   = ["iam:UpdateAccessKey"]
      resources = ["arn:${local.partition}:iam::${local.account}:user/*"]
    }
  }

  dynamic "statement" {
    for_each = local.topics

    content {
      sid       = "Publish"
      actions   = ["sns:Publish"]
      resources = [statement.value]
    }
  }

  # Not logs:CreateLogGroup: a group the function made for itself would keep its log for ever.
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:*"]
  }
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
  name               = var.name
  description        = "What the function ${var.name} may do."
  assume_role_policy = data.aws_iam_policy_document.function_trust.json
  tags               = var.tags
}

resource "aws_iam_role_policy" "function" {
  name   = "audit"
  role   = aws_iam_role.function.name
  policy = data.aws_iam_policy_document.function.json
}

# What the schedule may do: start this function.

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = "StartAudit"
    actions   = ["lambda:InvokeFunction"]
    resources = [local.function_arn]
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
  name               = "${var.name}-scheduler"
  description        = "Lets the schedule start the function ${var.name}."
  assume_role_policy = data.aws_iam_policy_document.scheduler_trust.json
  tags               = var.tags
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "start"
  role   = aws_iam_role.scheduler.name
  policy = data.aws_iam_policy_document.scheduler.json
}
