# Written by scripts/terraform-generate from parts/tags.tf: change that.

# How instances are judged and what may be done about them: settings of the audit of EC2 tags, which the watch goes by too.

variable "tag_rules_file" {
  description = "File in the package with tag rules, such as /var/task/rules.toml: JSON if its name ends in .json, else TOML. One of three ways to give rules: this, tag_rules_table or required_tags."
  type        = string
  default     = null

  validation {
    condition = length(compact([
      for source in [var.tag_rules_file, var.tag_rules_table, var.required_tags] : trimspace(coalesce(source, " "))
    ])) <= 1
    error_message = "tag_rules_file, tag_rules_table and required_tags are three ways to give rules: set only one of them."
  }

  validation {
    condition = var.created_by_validate || anytrue([
      for source in [var.tag_rules_file, var.tag_rules_table, var.required_tags] : trimspace(coalesce(source, " ")) != ""
    ])
    error_message = "No rules are set: set tag_rules_table, required_tags or tag_rules_file, or created_by_validate."
  }
}

variable "tag_rules_table" {
  description = "Name of the DynamoDB table with tag rules, or its ARN if it is in another region: the function may scan this table only."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.tag_rules_table, " ")) == "" ? true : can(regex("^(arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/)?[A-Za-z0-9_.-]{3,255}$", trimspace(var.tag_rules_table)))
    error_message = "tag_rules_table is `${coalesce(var.tag_rules_table, " ")}`: must be the name or ARN of a DynamoDB table."
  }
}

variable "tag_rules_table_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts tag_rules_table, if one does."
  type        = string
  default     = null

  validation {
    # Not an alias: a policy does not match a key by it.
    condition     = trimspace(coalesce(var.tag_rules_table_kms_key, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.tag_rules_table_kms_key))
    error_message = "tag_rules_table_kms_key is `${coalesce(var.tag_rules_table_kms_key, " ")}`: must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }

  validation {
    condition     = trimspace(coalesce(var.tag_rules_table_kms_key, " ")) == "" || trimspace(coalesce(var.tag_rules_table, " ")) != ""
    error_message = "tag_rules_table_kms_key needs tag_rules_table."
  }
}

variable "required_tags" {
  description = "Required tags, as in `created_by,department,Code=LOL|GGG`."
  type        = string
  default     = null

  validation {
    condition = trimspace(coalesce(var.required_tags, " ")) == "" ? true : alltrue([
      for entry in [for text in split(",", var.required_tags) : trimspace(text)] : alltrue([
        can(regex("^[^=]{1,128}(=[^|]{1,256}(\\|[^|]{1,256})*)?$", entry)),
        # A key or a value of blanks.
        !can(regex("(^|[=|])\\s*([=|]|$)", entry)),
        !can(regex("^\\*\\s*=", entry)),
      ])
    ])
    error_message = "required_tags is `${coalesce(var.required_tags, " ")}`: must be tags with commas between them, each KEY or KEY=VALUE|VALUE, keys of at most 128 characters and values of at most 256; * has no values."
  }

  validation {
    condition = trimspace(coalesce(var.required_tags, " ")) == "" ? true : alltrue([
      for values in [for entry in split(",", var.required_tags) : [for value in split("|", trimspace(replace(entry, "/^[^=]*=?/", ""))) : trimspace(value)]] :
      length(values) == length(distinct(values))
    ])
    error_message = "required_tags is `${coalesce(var.required_tags, " ")}`: must name each value once."
  }

  validation {
    condition = trimspace(coalesce(var.required_tags, " ")) == "" ? true : length(split(",", var.required_tags)) == length(distinct([
      for entry in split(",", var.required_tags) : lower(trimspace(split("=", entry)[0]))
    ]))
    error_message = "required_tags is `${coalesce(var.required_tags, " ")}`: must name each tag once, upper and lower case being alike."
  }
}

variable "created_by_validate" {
  description = "Whether the tag created_by must name an IAM user."
  type        = bool
  default     = false
  nullable    = false
}

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

variable "max_stop" {
  description = "The brake: most instances one run may stop; if it would be more, nothing is changed. The program's default is 10."
  type        = number
  default     = null

  validation {
    condition     = var.max_stop == null ? true : floor(var.max_stop) == var.max_stop && var.max_stop >= 0 && var.max_stop <= 1000000
    error_message = "max_stop is ${coalesce(var.max_stop, -1)}: must be a whole number from 0 to 1000000."
  }
}

variable "max_terminate" {
  description = "The same for instances to be terminated. The program's default is 5."
  type        = number
  default     = null

  validation {
    condition     = var.max_terminate == null ? true : floor(var.max_terminate) == var.max_terminate && var.max_terminate >= 0 && var.max_terminate <= 1000000
    error_message = "max_terminate is ${coalesce(var.max_terminate, -1)}: must be a whole number from 0 to 1000000."
  }
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

variable "grace_minutes" {
  description = "Minutes after its launch in which an instance is left alone, where its rule does not say. The program's default is 5."
  type        = number
  default     = null

  validation {
    condition     = var.grace_minutes == null ? true : floor(var.grace_minutes) == var.grace_minutes && var.grace_minutes >= 0 && var.grace_minutes <= 525600
    error_message = "grace_minutes is ${coalesce(var.grace_minutes, -1)}: must be a whole number from 0 to 525600."
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

variable "owner_tags" {
  description = "Keys of tags that name an owner, without case: the first that an instance has counts. The program's default is owner, created_by."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for key in var.owner_tags : trimspace(key) != "" && !strcontains(key, ",")])
    error_message = "owner_tags are `${join(",", var.owner_tags)}`: must be keys of tags."
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

variable "tag_notification_title" {
  description = "Title of messages about tags. The program's default is AWS EC2 Tag Report."
  type        = string
  default     = null
}

variable "tag_notification_text" {
  description = "What owners of instances should do."
  type        = string
  default     = null
}

variable "authorization_details" {
  description = "Whether users are read by iam:GetAccountAuthorizationDetails, 1,000 a call. If not, the function may not call it and reads them in other ways, which it is allowed instead."
  type        = bool
  default     = true
  nullable    = false
}

locals {
  tags_environment = {
    for name, value in {
      AUTHORIZATION_DETAILS  = var.authorization_details ? null : "false"
      TAG_RULES_FILE         = var.tag_rules_file
      TAG_RULES_TABLE        = var.tag_rules_table
      REQUIRED_TAGS          = var.required_tags
      CREATED_BY_VALIDATE    = var.created_by_validate ? "true" : null
      TAG_ACTION             = var.tag_action
      MAX_STOP               = var.max_stop
      MAX_TERMINATE          = var.max_terminate
      OVERRIDE_PROTECTION    = var.override_protection ? "true" : null
      GRACE_MINUTES          = var.grace_minutes
      REGIONS                = join(",", var.regions)
      CANARY_TAGS            = var.canary_tags
      OWNER_TAGS             = join(",", var.owner_tags)
      OWNER_LOOKUP_SECONDS   = var.owner_lookup_seconds
      TAG_NOTIFICATION_TITLE = var.tag_notification_title
      TAG_NOTIFICATION_TEXT  = var.tag_notification_text
    } : name => tostring(value) if trimspace(coalesce(value, " ")) != ""
  }

  tags_table = trimspace(coalesce(var.tag_rules_table, " "))
  tags_tables = compact([
    local.tags_table == "" || startswith(local.tags_table, "arn:") ? local.tags_table :
    "arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${local.tags_table}"
  ])

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
    for_each = local.tags_tables

    content {
      sid       = "ReadRules"
      actions   = ["dynamodb:Scan"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = compact([trimspace(coalesce(var.tag_rules_table_kms_key, " "))])

    content {
      sid       = "DecryptRules"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [for suffix in local.outputs_suffixes : "dynamodb.${split(":", local.tags_tables[0])[3]}.${suffix}"]
      }
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
