# Written by scripts/terraform-generate from parts/keys_permissions.tf: change that.

# What the audit of access keys may do: the calls the program makes, and no others. And the settings that decide it.

variable "enable_auto_expire" {
  description = "Whether expired keys are disabled. The function may change keys only if this is true."
  type        = bool
  default     = false
  nullable    = false
}

variable "inventory" {
  description = "How users are read: live, each of them, or report, only those the credential report does not rule out. The program's default is live."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.inventory, " ")) == "" ? true : contains(["live", "report"], var.inventory)
    error_message = "inventory is `${coalesce(var.inventory, " ")}`: must be live or report."
  }
}

variable "protected_paths" {
  description = "Paths of IAM users whose keys must never be disabled, such as /admins/: the function is denied changing the keys of users below them, and the program leaves them alone."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    # What a policy would take for a pattern or a variable is refused too. The path of all users would leave nothing to do.
    condition     = alltrue([for path in var.protected_paths : can(regex("^/([!-#%-)+.0->@-~-]+/)+$", path)) && length(path) <= 512])
    error_message = "protected_paths are `${join(",", var.protected_paths)}`: must be paths of IAM users that begin and end with a slash, such as /admins/, without *, ?, $ and commas."
  }
}

locals {
  keys_users = "arn:${local.partition}:iam::${local.account}:user/"

  # What the audit does in an account, in which the function is or in which a role of it is.
  keys_statements = data.aws_iam_policy_document.keys.json
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
    resources = ["${local.keys_users}*"]
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
      resources = ["${local.keys_users}*"]
    }
  }

  # Said also without auto expire: it holds whatever else the role is given.
  dynamic "statement" {
    for_each = length(var.protected_paths) > 0 ? [sort(distinct(var.protected_paths))] : []

    content {
      sid       = "ProtectUsers"
      effect    = "Deny"
      actions   = ["iam:UpdateAccessKey"]
      resources = [for path in statement.value : "${local.keys_users}${trimprefix(path, "/")}*"]
    }
  }
}
