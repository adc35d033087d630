# What the function may do: what the audit of EC2 tags does in this account, and what brings events to it.

locals {
  # The roles to be assumed, and no others.
  member_role_arns = [
    for account in sort(tolist(var.assume_role_accounts)) : "arn:${local.partition}:iam::${account}:role/${coalesce(var.assume_role_name, "-")}"
  ]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = flatten([
      for policy in [
        local.tags_statements,
        local.tags_rules_statements,
        data.aws_iam_policy_document.watch.json,
        var.schedule == null ? "{}" : local.tags_region_statements,
        local.outputs_statements,
      ] : try(jsondecode(policy).Statement, [])
    ])
  })

  # The function's role by name, so that a plan shows the trust in full before anything exists.
  role_arn = "arn:${local.partition}:iam::${local.account}:role${var.role_path}${var.name}"

  # What the role in another account may do: the same, there. Rules are read with the function's own role.
  member_policies = {
    for account in var.assume_role_accounts : account => jsonencode({
      Version   = "2012-10-17"
      Statement = jsondecode(replace(local.tags_statements, local.tags_instances, "arn:${local.partition}:ec2:*:${account}:instance/*")).Statement
    })
  }
}

data "aws_iam_policy_document" "watch" {
  # Lambda's own, with the function's role.
  statement {
    sid       = "ReceiveMessages"
    actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [local.queue_arn]
  }

  dynamic "statement" {
    for_each = compact([var.queue_kms_key])

    content {
      sid       = "DecryptMessages"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      # The key opens what comes from queues, and nothing that is handed to KMS directly.
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [for suffix in local.outputs_suffixes : "sqs.${local.region}.${suffix}"]
      }
    }
  }

  # An event can name any bucket: this says which is ours.
  dynamic "statement" {
    for_each = local.reads_log_files ? [local.trail_bucket_arn] : []

    content {
      sid       = "ReadLogFiles"
      actions   = ["s3:GetObject"]
      resources = ["${statement.value}/${local.logs}*"]
    }
  }

  dynamic "statement" {
    for_each = local.reads_log_files ? local.trail_kms_keys : []

    content {
      sid       = "DecryptLogFiles"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      # The region of the bucket is not known here; it is that of the key.
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values = [
          for suffix in local.outputs_suffixes : "s3.${var.trail_kms_key == null ? local.region : split(":", var.trail_kms_key)[3]}.${suffix}"
        ]
      }
    }
  }

  dynamic "statement" {
    for_each = length(local.member_role_arns) > 0 ? [local.member_role_arns] : []

    content {
      sid       = "AssumeRoles"
      actions   = ["sts:AssumeRole"]
      resources = statement.value
    }
  }
}

data "aws_iam_policy_document" "member_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [local.role_arn]
    }

    # The name that the function gives its sessions.
    condition {
      test     = "StringEquals"
      variable = "sts:RoleSessionName"
      values   = ["sleuth"]
    }
  }
}
