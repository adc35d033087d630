# What the audit may do: the calls the program makes, and no others.

locals {
  users = "arn:${local.partition}:iam::${local.account}:user/"
}

data "aws_iam_policy_document" "keys" {
  statement {
    sid = "ReadAccount"
    actions = concat(
      ["iam:GetAccountSummary", "iam:ListAccountAliases"],
      [var.authorization_details ? "iam:GetAccountAuthorizationDetails" : "iam:ListUsers"],
      # The credential report, too, concerns the whole account.
      var.inventory == "report" ? ["iam:GenerateCredentialReport", "iam:GetCredentialReport"] : [],
    )
    # These calls concern the whole account; IAM takes no narrower resource for them.
    resources = ["*"]
  }

  statement {
    sid = "ReadKeys"
    actions = concat(
      ["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"],
      # Tags come with the details of users. They are asked for where there are none, and right before a key is disabled.
      var.authorization_details && !var.enable_auto_expire ? [] : ["iam:ListUserTags"],
    )
    resources = ["${local.users}*"]
  }

  # Who is quarantined is in the details, too. AWS adds versions of this policy, named V2, V3 and so on.
  dynamic "statement" {
    for_each = var.authorization_details ? [] : [true]

    content {
      sid       = "ReadQuarantine"
      actions   = ["iam:ListEntitiesForPolicy"]
      resources = ["arn:${local.partition}:iam::aws:policy/AWSCompromisedKeyQuarantine*"]
    }
  }

  # Without auto expire not even a mistake in the program can disable a key.
  dynamic "statement" {
    for_each = var.enable_auto_expire ? [true] : []

    content {
      sid       = "DisableKeys"
      actions   = ["iam:UpdateAccessKey"]
      resources = ["${local.users}*"]
    }
  }

  # Said also without auto expire: it holds whatever else the role is given.
  dynamic "statement" {
    for_each = length(var.protected_paths) > 0 ? [sort(distinct(var.protected_paths))] : []

    content {
      sid       = "ProtectUsers"
      effect    = "Deny"
      actions   = ["iam:UpdateAccessKey"]
      resources = [for path in statement.value : "${local.users}${trimprefix(path, "/")}*"]
    }
  }
}
