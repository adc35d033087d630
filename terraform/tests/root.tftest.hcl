# Plans only: nothing is made and AWS is not asked, so these tests need no account.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

# The one thing only AWS could answer.
override_data {
  target = module.keys.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

override_data {
  target = module.keys.module.function.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

override_data {
  target = module.tags.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

override_data {
  target = module.tags.module.function.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

override_data {
  target = module.watch.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

override_data {
  target = module.watch.module.function.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

override_data {
  target = module.watch.module.regions.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

override_data {
  target = module.digest.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

override_data {
  target = module.digest.module.function.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

override_data {
  target = module.dashboard.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

variables {
  # Any file will do: a plan does not upload it.
  keys_package = "versions.tf"
}

run "nothing_else_set" {
  command = plan

  assert {
    condition     = output.keys.function_name == "sleuth-keys" && output.tags == null && output.watch == null && output.digest == null && output.rules_table == null
    error_message = "The audit of access keys is deployed, and nothing else."
  }
}

run "all" {
  command = plan

  variables {
    tags_package      = "main.tf"
    enable_tags       = true
    enable_watch      = true
    enable_digest     = true
    dashboard         = true
    archive           = "s3://larkspur-reports/sleuth"
    sns_topic         = "arn:aws:sns:us-east-1:123456789012:audits"
    tags_name         = "tag-audit"
    keys_schedule     = "rate(1 day)"
    digest_since      = "24h"
    tag_action        = "stop"
    settable_tags     = ["Team"]
    rules_table_name  = "rules"
    role_path         = "/audit/"
    schedule_timezone = "Europe/Berlin"
    kms_key           = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    rules = [
      { RuleId = "1", TagKey = "Owner", Required = "Y", Action = "UserLookup" },
      { RuleId = "2", TagKey = "Code", Required = "Y", OnViolation = "stop" },
    ]
  }

  assert {
    condition     = [for one in [output.keys, output.tags, output.watch, output.digest] : one.function_name] == ["sleuth-keys", "tag-audit", "sleuth-watch", "sleuth-digest"]
    error_message = "Each is a function of its own."
  }

  assert {
    condition = alltrue([
      length([for action in flatten(jsondecode(output.keys.policy).Statement[*].Action) : action if startswith(action, "ec2:")]) == 0,
      length([for action in flatten(jsondecode(output.tags.policy).Statement[*].Action) : action if can(regex("AccessKey", action))]) == 0,
      length([for action in flatten(jsondecode(output.digest.policy).Statement[*].Action) : action if can(regex("^(iam|ec2):", action))]) == 0,
    ])
    error_message = "None may do the work of another."
  }

  assert {
    condition = alltrue([
      contains(flatten(jsondecode(output.keys.policy).Statement[*].Action), "s3:PutObject"),
      contains(flatten(jsondecode(output.tags.policy).Statement[*].Action), "s3:PutObject"),
      contains(flatten(jsondecode(output.watch.policy).Statement[*].Action), "s3:PutObject"),
      contains(flatten(jsondecode(output.digest.policy).Statement[*].Action), "s3:GetObject"),
    ])
    error_message = "Stores are those of all: audits write them, the digest reads."
  }

  assert {
    condition = (
      output.rules_table.name == "rules" &&
      [for s in jsondecode(output.tags.policy).Statement : [s.Action, s.Resource] if endswith(s.Sid, "Rules")] == [
        ["dynamodb:Scan", "arn:aws:dynamodb:us-east-1:123456789012:table/rules"],
        ["kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
      ]
    )
    error_message = "The audit of tags goes by the table that is made of the rules, which the same key encrypts."
  }

  assert {
    condition = [for s in jsondecode(output.tags.policy).Statement : s.Condition["ForAllValues:StringEqualsIgnoreCase"]["aws:TagKeys"] if s.Sid == "SetTags"] == [
      ["Owner", "Team"],
    ]
    error_message = "It may set what the rules repair and what is named beside them."
  }
}

run "tags_without_keys" {
  command = plan

  variables {
    keys_package  = null
    enable_keys   = false
    enable_tags   = true
    tags_package  = "versions.tf"
    required_tags = "Owner"
  }

  assert {
    condition     = output.keys == null && output.tags.function_name == "sleuth-tags"
    error_message = "Inputs of what is switched off play no part."
  }
}

run "digest_without_keys" {
  command = plan

  variables {
    keys_package  = null
    enable_keys   = false
    enable_tags   = true
    enable_digest = true
    tags_package  = "versions.tf"
    required_tags = "Owner"
    archive       = "s3://larkspur-reports/sleuth"
    sns_topic     = "arn:aws:sns:us-east-1:123456789012:audits"
  }

  assert {
    condition     = output.digest.function_name == "sleuth-digest" && local.digest_artifact == "sleuth-tags"
    error_message = "The digest has the package of tags, where there is no other."
  }
}

run "digest_alone" {
  command = plan

  variables {
    enable_keys   = false
    enable_digest = true
    archive       = "s3://larkspur-reports/sleuth"
    sns_topic     = "arn:aws:sns:us-east-1:123456789012:audits"
  }

  assert {
    condition     = output.digest.function_name == "sleuth-digest" && local.digest_artifact == "sleuth-keys"
    error_message = "Alone it has the package of keys."
  }
}

run "watch" {
  command = plan

  variables {
    keys_package     = null
    enable_keys      = false
    enable_watch     = true
    tags_package     = "versions.tf"
    required_tags    = "Owner"
    watch_timeout    = 180
    watch_schedule   = "rate(1 day)"
    watch_name       = "tag-watch"
    source_of_events = "bucket_events"
    trail_bucket     = "larkspur-trail"
  }

  assert {
    condition     = output.tags == null && output.watch.function_name == "tag-watch" && output.watch.trail_bucket == "larkspur-trail"
    error_message = "The watch is a function of its own, which audits all instances too."
  }

  assert {
    condition = (
      [for s in jsondecode(output.watch.policy).Statement : s.Resource if s.Sid == "ReadLogFiles"] == ["arn:aws:s3:::larkspur-trail/AWSLogs/*"] &&
      contains(jsondecode(output.watch.policy).Statement[*].Sid, "ReadRegions")
    )
    error_message = "It may read log files, and ask which regions there are."
  }
}

run "rules_twice" {
  command = plan

  variables {
    tag_rules_table = "rules"
    rules           = [{ RuleId = "1", TagKey = "Owner", Required = "Y" }]
    dashboard       = true
    metrics         = false
  }

  expect_failures = [var.rules, var.dashboard]
}
