# What the function may do: what the audit does in this account, and what brings it to others.

locals {
  # The roles to be assumed, and no others. In its own account the function has its own role.
  role_arns = join(",", var.accounts) == "org" ? ["arn:${local.partition}:iam::*:role/${local.role}"] : [
    for account in sort(setsubtract(var.accounts, [local.account])) :
    "arn:${local.partition}:iam::${account}:role/${local.role}"
  ]

  organization = join(",", var.accounts) == "org" ? [
    var.organization_id == null ? one(data.aws_organizations_organization.this[*].id) : var.organization_id
  ] : []

  # Accounts are looked for unit by unit only if units play a part.
  by_units = length(var.org_units) > 0 || anytrue([for one in var.exclude_accounts : startswith(one, "ou-")])

  # Where the runs of this audit leave their work.
  runs = join("/", compact([local.outputs_prefix, "runs", var.audit]))

  statements = (
    var.audit == "keys" ? [local.keys_statements] :
    [local.tags_region_statements, local.tags_statements, local.tags_rules_statements]
  )

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = flatten([
      for policy in concat(local.statements, [data.aws_iam_policy_document.organization.json, local.outputs_statements]) :
      try(jsondecode(policy).Statement, [])
    ])
  })
}

data "aws_organizations_organization" "this" {
  count = join(",", var.accounts) == "org" && var.organization_id == null ? 1 : 0
}

data "aws_iam_policy_document" "organization" {
  dynamic "statement" {
    for_each = length(local.organization) > 0 ? [true] : []

    content {
      sid = "ReadOrganization"
      actions = concat(
        ["organizations:ListTagsForResource"],
        local.by_units ? ["organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"] : ["organizations:ListAccounts"],
        local.by_units && length(var.org_units) == 0 ? ["organizations:ListRoots"] : [],
      )
      # Which accounts and units there are is what these calls tell.
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(local.role_arns) > 0 ? [local.role_arns] : []

    content {
      sid       = "AssumeRoles"
      actions   = ["sts:AssumeRole"]
      resources = statement.value

      # Or somebody's account outside could have a role of this name.
      dynamic "condition" {
        for_each = local.organization

        content {
          test     = "StringEquals"
          variable = "aws:ResourceOrgID"
          values   = [condition.value]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = local.outputs_buckets

    content {
      sid       = "ReadRuns"
      actions   = ["s3:GetObject"]
      resources = ["${statement.value}/${local.runs}/*"]
    }
  }

  # Also because S3 says of an object that is not there only so that it is denied: it takes the key for the prefix.
  dynamic "statement" {
    for_each = local.outputs_buckets

    content {
      sid       = "ListRuns"
      actions   = ["s3:ListBucket"]
      resources = [statement.value]

      condition {
        test     = "StringLike"
        variable = "s3:prefix"
        values   = ["${local.runs}/*"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.outputs_archive_keys

    content {
      sid       = "DecryptRuns"
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
}

# What the bucket's policy should have besides: nobody but the function writes what the runs go by, or removes it.
data "aws_iam_policy_document" "bucket" {
  dynamic "statement" {
    for_each = local.outputs_buckets

    content {
      sid       = "${var.audit == "keys" ? "Keys" : "Tags"}RunsAreWrittenByTheirFunction"
      effect    = "Deny"
      actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"]
      resources = ["${statement.value}/${local.runs}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "ArnNotEquals"
        variable = "aws:PrincipalArn"
        values   = ["arn:${local.partition}:iam::${local.account}:role${var.role_path}${local.name}"]
      }
    }
  }
}
