# How instances are judged, and how much may be done about them: settings of the audit of EC2 tags, which the watch goes by
# too. Those that decide what it may do at all are in tags_permissions.tf.
#
# A module that has this part defines local.audit.

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
    condition = local.audit == "keys" || var.created_by_validate || anytrue([
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

variable "grace_minutes" {
  description = "Minutes after its launch in which an instance is left alone, where its rule does not say. The program's default is 5."
  type        = number
  default     = null

  validation {
    condition     = var.grace_minutes == null ? true : floor(var.grace_minutes) == var.grace_minutes && var.grace_minutes >= 0 && var.grace_minutes <= 525600
    error_message = "grace_minutes is ${coalesce(var.grace_minutes, -1)}: must be a whole number from 0 to 525600."
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

  # Rules are read in the function's own account.
  tags_rules_statements = data.aws_iam_policy_document.tags_rules.json
}

data "aws_iam_policy_document" "tags_rules" {
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
}
