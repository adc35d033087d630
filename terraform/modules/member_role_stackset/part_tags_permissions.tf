# Written by scripts/terraform-generate from parts/tags_permissions.tf: change that.

# What the audit of EC2 tags may do: the calls the program makes, and no others. And the settings that decide it.

variable "tag_action" {
  description = "The severest action a run may take: notify, repair, stop or terminate. The function has the permissions for it, and no more."
  type        = string
  default     = "notify"
  nullable    = false

  validation {
    condition     = contains(["notify", "repair", "stop", "terminate"], var.tag_action)
    error_message = "tag_action is `${var.tag_action}`: must be notify, repair, stop or terminate."
  }
}

variable "settable_tags" {
  description = "Keys of the tags that repairs may set: those that rules repair, with their aliases. The function may set no other. The module rules_table gives them as an output."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    # What a policy would take for a variable is refused too.
    condition     = alltrue([for key in var.settable_tags : can(regex("^[^*?$]{1,128}$", key)) && !startswith(lower(key), "aws:")])
    error_message = "settable_tags are `${join(",", var.settable_tags)}`: must be keys of tags, of at most 128 characters, without *, ? and $, and none that begins with aws:."
  }

  validation {
    # With notify they are not in the policy.
    condition     = var.tag_action == "notify" || alltrue([for key in var.settable_tags : can(regex("^[\\x{20}-\\x{FF}]*$", key))])
    error_message = "settable_tags are `${join(",", var.settable_tags)}`: must have no letter or sign beyond those of Latin-1, up to ÿ, as the function's policy names the keys and AWS takes no others there. Let the rules repair tags of other keys, or set tag_action to notify."
  }

  validation {
    condition     = var.tag_action != "repair" || length(var.settable_tags) > 0
    error_message = "settable_tags is empty: with tag_action repair it must name the tags that repairs may set."
  }
}

variable "protect_exempt" {
  description = "Whether the function is denied stopping and terminating instances that have a tag SleuthExempt, whatever it says. An exemption that is over has to be removed then before Sleuth can act."
  type        = bool
  default     = true
  nullable    = false
}

variable "override_protection" {
  description = "Whether termination and stop protection that is in the way is switched off. Needs tag_action stop or terminate."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.override_protection || contains(["stop", "terminate"], var.tag_action)
    error_message = "override_protection is of use only with tag_action stop or terminate."
  }
}

variable "regions" {
  description = "Regions whose instances are looked at, such as eu-west-1. By default all that are enabled. What changes instances is allowed in these regions only."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for region in var.regions : can(regex("^[a-z0-9]+(-[a-z0-9]+)+-[a-z0-9]*[0-9]$", region)) && length(region) <= 32])
    error_message = "regions are `${join(",", var.regions)}`: must be regions such as eu-west-1. Leave them out for all."
  }
}

variable "canary_tags" {
  description = "Tags of an instance that every region must show, or nothing is changed in it, as in `Name=canary-{region},team`; true for created_by,project,department,Name=api-canary-{region}. By default nobody looks for one."
  type        = string
  default     = null

  validation {
    condition = contains(["", "true", "false"], lower(trimspace(coalesce(var.canary_tags, " ")))) ? true : alltrue([
      for entry in split(",", var.canary_tags) : can(regex("^\\s*[^=\\s][^=]*(=\\s*\\S.*)?$", entry))
    ])
    error_message = "canary_tags is `${coalesce(var.canary_tags, " ")}`: must be true, or tags as in Name=canary-{region},team."
  }
}

variable "owner_lookup_seconds" {
  description = "Seconds CloudTrail may be asked who launched instances, in all. 0: it is not asked, and the function may not. The program's default is 120."
  type        = number
  default     = null

  validation {
    condition     = var.owner_lookup_seconds == null ? true : floor(var.owner_lookup_seconds) == var.owner_lookup_seconds && var.owner_lookup_seconds >= 0 && var.owner_lookup_seconds <= 86400
    error_message = "owner_lookup_seconds is ${coalesce(var.owner_lookup_seconds, -1)}: must be a whole number from 0 to 86400."
  }
}

locals {
  # An instance of any region, as the condition on regions is one of its own: it holds for what is changed.
  tags_instances = "arn:${local.partition}:ec2:*:${local.account}:instance/*"

  # The timestamp of canaries is set by every run, whatever tag_action is.
  tags_settable = sort(distinct(concat(
    var.tag_action == "notify" ? [] : var.settable_tags,
    contains(["", "false"], lower(trimspace(coalesce(var.canary_tags, " ")))) ? [] : ["canary_timestamp"],
  )))

  tags_stopping = concat(
    contains(["stop", "terminate"], var.tag_action) ? ["ec2:StopInstances"] : [],
    var.tag_action == "terminate" ? ["ec2:TerminateInstances"] : [],
  )

  tags_region_condition = length(var.regions) > 0 ? [sort(distinct(var.regions))] : []

  # What the audit does in an account, in which the function is or in which a role of it is.
  tags_statements = data.aws_iam_policy_document.tags.json

  # The audit of all instances asks which regions there are, unless it is told. The watch learns of them from its events.
  tags_region_statements = data.aws_iam_policy_document.tags_regions.json
}

data "aws_iam_policy_document" "tags" {
  statement {
    sid = "ReadAccount"
    actions = concat(
      ["ec2:DescribeInstances", "iam:ListAccountAliases"],
      [var.authorization_details ? "iam:GetAccountAuthorizationDetails" : "iam:ListUsers"],
      var.owner_lookup_seconds == 0 ? [] : ["cloudtrail:LookupEvents"],
    )
    # AWS takes no narrower resource for these calls.
    resources = ["*"]
  }

  # What protects an instance matters only where it may be stopped or terminated.
  dynamic "statement" {
    for_each = length(local.tags_stopping) > 0 ? [true] : []

    content {
      sid       = "ReadProtection"
      actions   = ["ec2:DescribeInstanceAttribute"]
      resources = [local.tags_instances]
    }
  }

  dynamic "statement" {
    for_each = length(local.tags_settable) > 0 ? [local.tags_settable] : []

    content {
      sid       = "SetTags"
      actions   = ["ec2:CreateTags"]
      resources = [local.tags_instances]

      # Upper and lower case are alike because an empty tag is set under the key that it has.
      condition {
        test     = "ForAllValues:StringEqualsIgnoreCase"
        variable = "aws:TagKeys"
        values   = statement.value
      }

      # For all values holds also where there are none.
      condition {
        test     = "Null"
        variable = "aws:TagKeys"
        values   = ["false"]
      }

      dynamic "condition" {
        for_each = local.tags_region_condition

        content {
          test     = "StringEquals"
          variable = "ec2:Region"
          values   = condition.value
        }
      }
    }
  }

  dynamic "statement" {
    for_each = length(local.tags_stopping) > 0 ? [local.tags_stopping] : []

    content {
      sid       = "StopInstances"
      actions   = statement.value
      resources = [local.tags_instances]

      dynamic "condition" {
        for_each = var.protect_exempt ? [true] : []

        content {
          test     = "Null"
          variable = "aws:ResourceTag/SleuthExempt"
          values   = ["true"]
        }
      }

      dynamic "condition" {
        for_each = local.tags_region_condition

        content {
          test     = "StringEquals"
          variable = "ec2:Region"
          values   = condition.value
        }
      }
    }
  }

  # Without the condition on SleuthExempt, even with protect_exempt: if somebody exempts an instance after its protection was
  # switched off, it must be possible to switch it on again.
  dynamic "statement" {
    for_each = var.override_protection ? [true] : []

    content {
      sid       = "SwitchProtection"
      actions   = ["ec2:ModifyInstanceAttribute"]
      resources = [local.tags_instances]

      # AWS's documents and policies in use differ in how they spell these two, so that the case is left open.
      condition {
        test     = "StringEqualsIgnoreCase"
        variable = "ec2:Attribute"
        values   = ["DisableApiStop", "DisableApiTermination"]
      }

      dynamic "condition" {
        for_each = local.tags_region_condition

        content {
          test     = "StringEquals"
          variable = "ec2:Region"
          values   = condition.value
        }
      }
    }
  }
}

data "aws_iam_policy_document" "tags_regions" {
  dynamic "statement" {
    for_each = length(var.regions) > 0 ? [] : [true]

    content {
      sid       = "ReadRegions"
      actions   = ["ec2:DescribeRegions"]
      resources = ["*"]
    }
  }
}
