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
  target = data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

override_data {
  target = module.function.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

variables {
  # Any file will do: a plan does not upload it.
  package       = "versions.tf"
  required_tags = "Owner"
}

# Settings that cannot be used are refused, each by its own variable: a run fails if one of them is not.

run "no_rules" {
  command = plan

  variables {
    required_tags = null
  }

  expect_failures = [var.tag_rules_file]
}

run "rules_from_two_places" {
  command = plan

  variables {
    tag_rules_table = "sleuth-rules"
  }

  expect_failures = [var.tag_rules_file]
}

run "below_the_least" {
  command = plan

  variables {
    max_stop             = -1
    max_terminate        = -1
    grace_minutes        = -1
    owner_lookup_seconds = -1
    required_tags        = ",Owner"
    tag_rules_table      = "x"
    canary_tags          = "Name="
    owner_tags           = [" "]
    aws_retry_mode       = "legacy"
  }

  expect_failures = [
    var.max_stop, var.max_terminate, var.grace_minutes, var.owner_lookup_seconds, var.required_tags, var.tag_rules_table,
    var.canary_tags, var.owner_tags, var.aws_retry_mode,
  ]
}

run "above_the_most" {
  command = plan

  variables {
    max_stop             = 1000001
    max_terminate        = 1000001
    grace_minutes        = 525601
    owner_lookup_seconds = 86401
    required_tags        = "Owner,owner=Jo"
    tag_rules_table      = "arn:aws:s3:::rules"
    canary_tags          = "=x"
    regions              = ["all"]
    settable_tags        = ["aws:name"]
  }

  expect_failures = [
    var.max_stop, var.max_terminate, var.grace_minutes, var.owner_lookup_seconds, var.required_tags, var.tag_rules_table,
    var.canary_tags, var.regions, var.settable_tags,
  ]
}

run "in_part" {
  command = plan

  variables {
    max_stop             = 0.5
    max_terminate        = 0.5
    grace_minutes        = 0.5
    owner_lookup_seconds = 0.5
    required_tags        = "Code=LOL||GGG"
    tag_action           = "delete"
    regions              = ["Ireland"]
  }

  expect_failures = [
    var.max_stop, var.max_terminate, var.grace_minutes, var.owner_lookup_seconds, var.required_tags, var.tag_action,
    var.regions,
  ]
}

run "of_no_use" {
  command = plan

  variables {
    tag_action              = "repair"
    override_protection     = true
    tag_rules_table_kms_key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  # There is nothing to repair, nothing to be protected, and no table.
  expect_failures = [var.settable_tags, var.override_protection, var.tag_rules_table_kms_key]
}

# IAM takes no characters above U+00FF in a policy.
run "key_that_no_policy_takes" {
  command = plan

  variables {
    tag_action    = "repair"
    settable_tags = ["Équipe", "Команда"]
    archive       = "s3://larkspur-reports/отчёты"
  }

  expect_failures = [var.settable_tags, var.archive]
}

run "any_tag" {
  command = plan

  variables {
    tag_action              = "stop"
    settable_tags           = ["*"]
    required_tags           = null
    tag_rules_table         = "sleuth-rules"
    tag_rules_table_kms_key = "alias/rules"
  }

  expect_failures = [var.settable_tags, var.tag_rules_table_kms_key]
}

run "value_named_twice" {
  command = plan

  variables {
    required_tags = "Team,Code=LOL|GGG | LOL"
  }

  expect_failures = [var.required_tags]
}

run "any_tag_with_a_value" {
  command = plan

  variables {
    required_tags = "*=LOL"
  }

  expect_failures = [var.required_tags]
}
