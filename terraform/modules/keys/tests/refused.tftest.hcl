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
  package = "versions.tf"
}

# Settings that cannot be used are refused, each by its own variable: a run fails if one of them is not.

run "below_the_least" {
  command = plan

  variables {
    expiration_age      = -1
    max_disable         = -1
    max_disable_percent = -1
  }

  expect_failures = [var.expiration_age, var.max_disable, var.max_disable_percent]
}

run "above_the_most" {
  command = plan

  variables {
    expiration_age      = 36501
    max_disable         = 1000001
    max_disable_percent = 101
  }

  expect_failures = [var.expiration_age, var.max_disable, var.max_disable_percent]
}

run "in_part" {
  command = plan

  variables {
    expiration_age      = 90.5
    max_disable         = 2.5
    max_disable_percent = 0.5
  }

  expect_failures = [var.expiration_age, var.max_disable, var.max_disable_percent]
}

run "dependent_ages_below_the_least" {
  command = plan

  variables {
    warning_age    = -1
    inactivity_age = -1
  }

  expect_failures = [var.warning_age, var.inactivity_age]
}

run "dependent_ages_in_part" {
  command = plan

  variables {
    warning_age    = 79.5
    inactivity_age = 60.5
  }

  expect_failures = [var.warning_age, var.inactivity_age]
}

run "warning_not_before_expiration" {
  command = plan

  variables {
    expiration_age = 90
    warning_age    = 90
  }

  expect_failures = [var.warning_age]
}

run "ages_against_default_expiration" {
  command = plan

  variables {
    warning_age            = 90
    inactivity_age         = 91
    inactivity_warning_age = 50
  }

  expect_failures = [var.warning_age, var.inactivity_age]
}

run "default_warning_not_before_expiration" {
  command = plan

  variables {
    expiration_age = 80
  }

  expect_failures = [var.warning_age]
}

run "inactivity_alone" {
  command = plan

  variables {
    inactivity_age = 60
  }

  expect_failures = [var.inactivity_warning_age]
}

run "inactivity_warning_alone" {
  command = plan

  variables {
    inactivity_warning_age = 50
  }

  expect_failures = [var.inactivity_warning_age]
}

run "inactivity_warning_not_before_inactivity" {
  command = plan

  variables {
    inactivity_age         = 60
    inactivity_warning_age = 60
  }

  expect_failures = [var.inactivity_warning_age]
}

run "unknown_words" {
  command = plan

  variables {
    inventory      = "REPORT"
    canary_user    = "https://example.com"
    aws_retry_mode = "legacy"
  }

  expect_failures = [var.inventory, var.canary_user, var.aws_retry_mode]
}

run "every_path" {
  command = plan

  variables {
    protected_paths = ["/"]
  }

  expect_failures = [var.protected_paths]
}

run "path_without_its_end" {
  command = plan

  variables {
    protected_paths = ["/admins"]
  }

  expect_failures = [var.protected_paths]
}

run "path_that_is_a_pattern" {
  command = plan

  variables {
    protected_paths = ["/admins/*/"]
  }

  expect_failures = [var.protected_paths]
}
