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

variables {
  name        = "sleuth"
  description = "Tests."
  artifact    = "sleuth-keys"
  environment = { AUDITS = "keys" }
  policy      = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Sid\": \"Own\", \"Effect\": \"Allow\", \"Action\": \"iam:ListUsers\", \"Resource\": \"*\"}]}"

  package = "versions.tf"
}

# Each of these is refused by its own variable: a run fails if one of them is not.

run "numbers_below_the_least" {
  command = plan

  variables {
    timeout              = 29
    memory_size          = 127
    reserved_concurrency = 0
    missing_run_hours    = 0
    asynchronous_retries = -1
    log_retention_days   = -1
  }

  expect_failures = [
    var.timeout, var.memory_size, var.reserved_concurrency, var.missing_run_hours, var.asynchronous_retries,
    var.log_retention_days,
  ]
}

run "numbers_above_the_most" {
  command = plan

  variables {
    timeout              = 901
    memory_size          = 10241
    missing_run_hours    = 169
    asynchronous_retries = 3
    log_retention_days   = 100
  }

  expect_failures = [
    var.timeout, var.memory_size, var.missing_run_hours, var.asynchronous_retries, var.log_retention_days,
  ]
}

run "numbers_in_part" {
  command = plan

  variables {
    timeout              = 60.5
    memory_size          = 256.5
    reserved_concurrency = 1.5
    missing_run_hours    = 1.5
    asynchronous_retries = 0.5
  }

  expect_failures = [
    var.timeout, var.memory_size, var.reserved_concurrency, var.missing_run_hours, var.asynchronous_retries,
  ]
}

run "wrong_words" {
  command = plan

  variables {
    name              = "sleuth keys"
    policy            = "{}"
    schedule          = "0 10 ? * MON-FRI *"
    schedule_timezone = "+02:00"
    role_path         = "audit"
  }

  expect_failures = [var.name, var.policy, var.schedule, var.schedule_timezone, var.role_path]
}

run "wrong_names_of_things" {
  command = plan

  variables {
    kms_key              = "arn:aws:kms:us-east-1:123456789012:alias/sleuth"
    permissions_boundary = "boundary"
    vpc_subnets          = ["vpc-0a1b2c3d"]
    code_signing_config  = "csc-0123456789abcdef0"
    failure_queue        = false
    failure_destination  = "arn:aws:sqs:us-east-1:123456789012:failed.fifo"
    alarm_topics         = ["alarms"]
  }

  expect_failures = [
    var.kms_key, var.permissions_boundary, var.vpc_subnets, var.code_signing_config, var.failure_destination,
    var.alarm_topics,
  ]
}

run "one_without_the_other" {
  command = plan

  variables {
    vpc_security_groups         = ["subnet-0a1b2c3d4e5f67890"]
    failure_destination_kms_key = "arn:aws:kms:us-east-1:123456789012:key/*"
  }

  expect_failures = [var.vpc_security_groups, var.failure_destination_kms_key]
}

run "too_many" {
  command = plan

  variables {
    # The queue is there, too.
    failure_destination = "arn:aws:sqs:us-east-1:123456789012:failures"
    alarm_topics        = [for number in range(6) : "arn:aws:sns:us-east-1:123456789012:alarms-${number}"]
    name                = join("", [for number in range(55) : "a"])
    schedule            = "at(2030-01-01T10:00:00)"
  }

  expect_failures = [var.failure_destination, var.alarm_topics, var.name, var.schedule]
}

# 4096 bytes as {"AUDITS":"keys","TEXT":"…"}, with a letter of two bytes.
run "environment_as_long_as_can_be" {
  command = plan

  variables {
    environment = { AUDITS = "keys", TEXT = "é<${format("%4066s", "a")}" }
  }

  assert {
    condition     = local.environment_bytes == 4096
    error_message = "All of it is counted, as Lambda does."
  }
}

run "environment_too_long" {
  command = plan

  variables {
    environment        = { AUDITS = "keys" }
    secret_environment = { TEXT = "é<${format("%4067s", "a")}" }
  }

  expect_failures = [aws_lambda_function.this]
}

run "policy_too_long" {
  command = plan

  variables {
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid      = "Own"
        Effect   = "Allow"
        Action   = "ec2:CreateTags"
        Resource = [for number in range(200) : "arn:aws:ec2:*:123456789012:instance/i-${10000000000000000 + number}"]
      }]
    })
  }

  expect_failures = [aws_iam_role_policy.function]
}
