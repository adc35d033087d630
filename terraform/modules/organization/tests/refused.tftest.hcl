# Plans only: nothing is made and AWS is not asked, so these tests need no account.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

# What only AWS could answer.
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

override_data {
  target = data.aws_organizations_organization.this
  values = {
    id = "o-a1b2c3d4e5"
  }
}

variables {
  # Any file will do: a plan does not upload it.
  package = "versions.tf"
  archive = "s3://larkspur-reports/sleuth"
  audit   = "keys"
}

# Settings that cannot be used are refused, each by its own variable: a run fails if one of them is not.

run "other_audit" {
  command = plan

  variables {
    audit = "watch"
  }

  expect_failures = [var.audit]
}

run "no_archive" {
  command = plan

  variables {
    archive = null
  }

  expect_failures = [var.accounts]
}

run "no_accounts" {
  command = plan

  variables {
    accounts = []
  }

  expect_failures = [var.accounts]
}

run "org_among_accounts" {
  command = plan

  variables {
    accounts = ["org", "111122223333"]
  }

  expect_failures = [var.accounts]
}

run "account_twice" {
  command = plan

  variables {
    accounts = ["111122223333", "111122223333"]
  }

  expect_failures = [var.accounts]
}

run "no_ids" {
  command = plan

  variables {
    accounts                = ["org"]
    org_units               = ["111122223333"]
    exclude_accounts        = ["production"]
    organization_id         = "larkspur"
    assume_role_name        = "arn:aws:iam::111122223333:role/sleuth"
    assume_role_external_id = "x"
  }

  expect_failures = [var.org_units, var.exclude_accounts, var.organization_id, var.assume_role_name, var.assume_role_external_id]
}

run "units_of_named_accounts" {
  command = plan

  variables {
    accounts         = ["111122223333"]
    org_units        = ["ou-ab12-11111111"]
    exclude_accounts = ["111122223333"]
    organization_id  = "o-a1b2c3d4e5"
  }

  expect_failures = [var.org_units, var.exclude_accounts, var.organization_id]
}

run "external_id_twice" {
  command = plan

  variables {
    assume_role_external_id        = "larkspur-7d1f"
    assume_role_external_id_secret = "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/external-id"
  }

  expect_failures = [var.assume_role_external_id_secret]
}

run "external_id_that_is_an_arn" {
  command = plan

  variables {
    assume_role_external_id = "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/external-id"
  }

  expect_failures = [var.assume_role_external_id]
}

run "external_id_secret_in_part" {
  command = plan

  variables {
    assume_role_external_id_secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:sleuth/external-id"
  }

  expect_failures = [var.assume_role_external_id_secret]
}

run "out_of_bounds" {
  command = plan

  variables {
    max_concurrency              = 0
    tolerated_failure_percentage = 101
    max_disable_total            = -1
    missing_run_hours            = 169
  }

  expect_failures = [var.max_concurrency, var.tolerated_failure_percentage, var.max_disable_total, var.missing_run_hours]
}

run "in_part" {
  command = plan

  variables {
    audit                        = "tags"
    required_tags                = "Owner"
    max_concurrency              = 1.5
    tolerated_failure_percentage = 0.5
    max_stop_total               = 1000001
    max_terminate_total          = 0.5
  }

  expect_failures = [var.max_concurrency, var.tolerated_failure_percentage, var.max_stop_total, var.max_terminate_total]
}

run "brakes_of_the_other_audit" {
  command = plan

  variables {
    max_stop_total      = 1
    max_terminate_total = 1
  }

  expect_failures = [var.max_stop_total, var.max_terminate_total]
}

run "brake_of_keys_with_tags" {
  command = plan

  variables {
    audit             = "tags"
    required_tags     = "Owner"
    max_disable_total = 1
  }

  expect_failures = [var.max_disable_total]
}

run "more_side_by_side_than_there_is_room_for" {
  command = plan

  variables {
    reserved_concurrency = 5
  }

  expect_failures = [var.max_concurrency]
}

run "tags_without_rules" {
  command = plan

  variables {
    audit = "tags"
  }

  expect_failures = [var.tag_rules_file]
}
