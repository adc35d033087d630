# What the function may do: the calls the program makes, and no others. sts:GetCallerIdentity needs no permission.

data "aws_iam_policy_document" "function" {
  statement {
    sid = "ReadAccount"
    actions = [
      "iam:GetAccountAuthorizationDetails",
      "iam:GetAccountSummary",
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

  # AWS adds versions of this policy, named V2, V3 and so on.
  statement {
    sid       = "ReadQuarantine"
    actions   = ["iam:ListEntitiesForPolicy"]
    resources = ["arn:${local.partition}:iam::aws:policy/AWSCompromisedKeyQuarantine*"]
  }

  dynamic "statement" {
    for_each = var.inventory == "report" ? [true] : []

    content {
      sid     = "ReadCredentialReport"
      actions = ["iam:GenerateCredentialReport", "iam:GetCredentialReport"]
      # The report, too, concerns the whole account.
      resources = ["*"]
    }
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

  dynamic "statement" {
    for_each = local.slack_secrets

    content {
      sid       = "ReadSlackUrl"
      actions   = [statement.value.service == "ssm" ? "ssm:GetParameter" : "secretsmanager:GetSecretValue"]
      resources = [statement.value.arn]
    }
  }

  dynamic "statement" {
    for_each = local.slack_secret_keys

    content {
      sid       = "DecryptSlackUrl"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      # The key opens the secret where it is kept, and nothing that is handed to KMS directly.
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = flatten(local.slack_secrets[*].kept_by)
      }
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
