# Plans only: nothing is made and AWS is not asked, so these tests need no account. Run with `terraform test`.

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
  # Any file will do: a plan does not upload it.
  package = "versions.tf"
}

run "nothing_set" {
  command = plan

  assert {
    condition = toset(flatten([for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s.Action])) == toset([
      "iam:GetAccessKeyLastUsed",
      "iam:GetAccountAuthorizationDetails",
      "iam:ListAccessKeys",
      "iam:ListAccountAliases",
      "iam:ListUserTags",
      "iam:ListUsers",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ])
    error_message = "Without settings the function may only read keys and write its log."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s.Resource if s.Sid == "Log"] == [
      "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/sleuth-keys:*",
    ]
    error_message = "The function may write to its own log group only."
  }

  assert {
    condition     = length(aws_lambda_function.this.environment) == 0
    error_message = "Without settings there is no environment."
  }

  assert {
    condition     = aws_lambda_function.this.runtime == "provided.al2023" && aws_lambda_function.this.handler == "bootstrap"
    error_message = "The function is an executable named bootstrap."
  }

  assert {
    condition     = aws_lambda_function.this.architectures == tolist(["arm64"])
    error_message = "The function runs on arm64 by default."
  }

  assert {
    condition     = aws_lambda_function.this.timeout == 900 && aws_lambda_function.this.memory_size == 256
    error_message = "A run has 900 seconds and 256 MB."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256(var.package)
    error_message = "A new package must update the function."
  }

  assert {
    condition = (
      one(aws_lambda_function.this.logging_config).log_format == "JSON" &&
      one(aws_lambda_function.this.logging_config).application_log_level == "INFO" &&
      one(aws_lambda_function.this.logging_config).log_group == aws_cloudwatch_log_group.this.name
    )
    error_message = "The function logs JSON to the log group that is made for it."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/sleuth-keys" && aws_cloudwatch_log_group.this.retention_in_days == 365
    error_message = "The log is kept for a year by default."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 0
    error_message = "A failed run must not be repeated."
  }

  assert {
    condition     = aws_scheduler_schedule.this.schedule_expression == "cron(0 10 ? * MON-FRI *)" && aws_scheduler_schedule.this.schedule_expression_timezone == "UTC"
    error_message = "The audit runs on working days at 10:00 by default."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.scheduler.policy).Statement[*] == [{
      Sid      = "StartAudit"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = "arn:aws:lambda:us-east-1:123456789012:function:sleuth-keys"
    }]
    error_message = "The schedule may start this function and do nothing else."
  }

  assert {
    condition = (
      one(jsondecode(aws_iam_role.function.assume_role_policy).Statement).Principal == { Service = "lambda.amazonaws.com" } &&
      one(jsondecode(aws_iam_role.scheduler.assume_role_policy).Statement).Principal == { Service = "scheduler.amazonaws.com" } &&
      one(jsondecode(aws_iam_role.scheduler.assume_role_policy).Statement).Condition == { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    )
    error_message = "Lambda may use the function's role, this account's schedules the scheduler's."
  }
}

run "auto_expire" {
  command = plan

  variables {
    enable_auto_expire = true
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s if contains(flatten([s.Action]), "iam:UpdateAccessKey")] == [{
      Sid      = "DisableKeys"
      Effect   = "Allow"
      Action   = "iam:UpdateAccessKey"
      Resource = "arn:aws:iam::123456789012:user/*"
    }]
    error_message = "With auto expire the function may disable the keys of this account's users."
  }

  assert {
    condition     = one(aws_lambda_function.this.environment).variables == tomap({ ENABLE_AUTO_EXPIRE = "true" })
    error_message = "The program must be told, and nothing else."
  }
}

run "topic" {
  command = plan

  variables {
    sns_topic = "arn:aws:sns:eu-west-1:210987654321:keys.fifo"
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s if contains(flatten([s.Action]), "sns:Publish")] == [{
      Sid      = "Publish"
      Effect   = "Allow"
      Action   = "sns:Publish"
      Resource = "arn:aws:sns:eu-west-1:210987654321:keys.fifo"
    }]
    error_message = "The function may publish to the topic and to no other."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function.policy, "iam:UpdateAccessKey")
    error_message = "A topic is no reason to change keys."
  }

  assert {
    condition     = one(aws_lambda_function.this.environment).variables == tomap({ SNS_TOPIC = "arn:aws:sns:eu-west-1:210987654321:keys.fifo" })
    error_message = "The program must be told, and nothing else."
  }
}

run "empty_is_not_set" {
  command = plan

  variables {
    enable_auto_expire          = null
    expire_notification_title   = ""
    expire_notification_text    = " "
    inactive_notification_title = ""
    inactive_notification_text  = ""
    slack_url                   = ""
    sns_topic                   = ""
    debug                       = null
  }

  assert {
    condition     = length(aws_lambda_function.this.environment) == 0
    error_message = "Empty settings are not handed on."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function.policy, "sns:Publish") && !strcontains(aws_iam_role_policy.function.policy, "iam:UpdateAccessKey")
    error_message = "Empty settings allow nothing."
  }
}

run "everything_set" {
  command = plan

  variables {
    enable_auto_expire          = true
    max_disable                 = 0
    max_disable_percent         = 10
    canary_user                 = "canary"
    expiration_age              = 60
    warning_age                 = 0
    inactivity_age              = 60
    inactivity_warning_age      = 59
    expire_notification_title   = "Old keys"
    expire_notification_text    = "Make new ones."
    inactive_notification_title = "Unused keys"
    inactive_notification_text  = "Delete them."
    slack_url                   = "https://hooks.slack.com/services/T0/B0/x"
    sns_topic                   = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:keys"
    notify_retry_seconds        = 0
    debug                       = true
    name                        = "audit"
    architecture                = "x86_64"
    schedule                    = "rate(1 day)"
    schedule_timezone           = "America/Argentina/Buenos_Aires"
    log_retention_days          = 30
    tags                        = { team = "security" }
  }

  assert {
    condition = nonsensitive(one(aws_lambda_function.this.environment).variables) == tomap({
      ENABLE_AUTO_EXPIRE          = "true"
      MAX_DISABLE                 = "0"
      MAX_DISABLE_PERCENT         = "10"
      CANARY_USER                 = "canary"
      EXPIRATION_AGE              = "60"
      WARNING_AGE                 = "0"
      INACTIVITY_AGE              = "60"
      INACTIVITY_WARNING_AGE      = "59"
      EXPIRE_NOTIFICATION_TITLE   = "Old keys"
      EXPIRE_NOTIFICATION_TEXT    = "Make new ones."
      INACTIVE_NOTIFICATION_TITLE = "Unused keys"
      INACTIVE_NOTIFICATION_TEXT  = "Delete them."
      SLACK_URL                   = "https://hooks.slack.com/services/T0/B0/x"
      SNS_TOPIC                   = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:keys"
      NOTIFY_RETRY_SECONDS        = "0"
      DEBUG                       = "true"
    })
    error_message = "Every setting reaches the program under its own name, zeros too."
  }

  assert {
    condition     = issensitive(aws_lambda_function.this.environment[0].variables["SLACK_URL"]) && !issensitive(aws_lambda_function.this.environment[0].variables["EXPIRATION_AGE"])
    error_message = "A plan hides the webhook, and nothing but the webhook."
  }

  assert {
    condition     = aws_scheduler_schedule.this.schedule_expression == "rate(1 day)" && aws_scheduler_schedule.this.schedule_expression_timezone == "America/Argentina/Buenos_Aires"
    error_message = "The schedule is taken as it is given."
  }

  assert {
    condition     = one(aws_lambda_function.this.logging_config).application_log_level == "DEBUG"
    error_message = "Lambda must let debug lines through."
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this.function_name == "audit",
      aws_lambda_function_event_invoke_config.this.function_name == "audit",
      aws_iam_role.function.name == "audit",
      aws_iam_role.scheduler.name == "audit-scheduler",
      aws_scheduler_schedule.this.name == "audit",
      aws_cloudwatch_log_group.this.name == "/aws/lambda/audit",
      strcontains(aws_iam_role_policy.function.policy, ":log-group:/aws/lambda/audit:*"),
      strcontains(aws_iam_role_policy.scheduler.policy, ":function:audit\""),
    ])
    error_message = "Everything goes by the given name."
  }

  assert {
    condition     = aws_lambda_function.this.architectures == tolist(["x86_64"]) && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "Architecture and retention are taken as given."
  }

  assert {
    condition = alltrue([for tags in [
      aws_lambda_function.this.tags,
      aws_iam_role.function.tags,
      aws_iam_role.scheduler.tags,
      aws_cloudwatch_log_group.this.tags,
    ] : tags == tomap({ team = "security" })])
    error_message = "Everything that can be is tagged."
  }
}

# An example that cannot be planned would be none.
run "slack_example" {
  command = plan

  module {
    source = "./examples/slack"
  }

  variables {
    slack_url = "https://hooks.slack.com/services/T0/B0/x"
  }

  override_data {
    target = module.sleuth_keys.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  assert {
    condition     = output.function_name == "sleuth-keys"
    error_message = "The example deploys the function."
  }
}

# Settings that cannot be used are refused, each by its own variable.

run "expiration_age_below_zero" {
  command = plan

  variables {
    expiration_age = -1
  }

  expect_failures = [var.expiration_age]
}

run "expiration_age_in_part" {
  command = plan

  variables {
    expiration_age = 90.5
  }

  expect_failures = [var.expiration_age]
}

run "expiration_age_above_most" {
  command = plan

  variables {
    expiration_age = 36501
  }

  expect_failures = [var.expiration_age]
}

run "warning_age_below_zero" {
  command = plan

  variables {
    warning_age = -1
  }

  expect_failures = [var.warning_age]
}

run "warning_age_in_part" {
  command = plan

  variables {
    warning_age = 79.5
  }

  expect_failures = [var.warning_age]
}

run "warning_age_above_most" {
  command = plan

  variables {
    expiration_age = 36500
    warning_age    = 36501
  }

  expect_failures = [var.warning_age]
}

run "warning_not_before_expiration" {
  command = plan

  variables {
    expiration_age = 90
    warning_age    = 90
  }

  expect_failures = [var.warning_age]
}

run "warning_not_before_default_expiration" {
  command = plan

  variables {
    warning_age = 90
  }

  expect_failures = [var.warning_age]
}

run "default_warning_not_before_expiration" {
  command = plan

  variables {
    expiration_age = 80
  }

  expect_failures = [var.warning_age]
}

run "inactivity_age_below_zero" {
  command = plan

  variables {
    inactivity_age         = -1
    inactivity_warning_age = 0
  }

  expect_failures = [var.inactivity_age]
}

run "inactivity_age_in_part" {
  command = plan

  variables {
    inactivity_age         = 60.5
    inactivity_warning_age = 50
  }

  expect_failures = [var.inactivity_age]
}

run "inactivity_age_above_most" {
  command = plan

  variables {
    expiration_age         = 36500
    inactivity_age         = 36501
    inactivity_warning_age = 50
  }

  expect_failures = [var.inactivity_age]
}

run "inactivity_age_alone" {
  command = plan

  variables {
    inactivity_age = 60
  }

  expect_failures = [var.inactivity_warning_age]
}

run "inactivity_warning_age_alone" {
  command = plan

  variables {
    inactivity_warning_age = 50
  }

  expect_failures = [var.inactivity_warning_age]
}

run "inactivity_after_expiration" {
  command = plan

  variables {
    expiration_age         = 85
    inactivity_age         = 86
    inactivity_warning_age = 50
  }

  expect_failures = [var.inactivity_age]
}

run "inactivity_after_default_expiration" {
  command = plan

  variables {
    inactivity_age         = 91
    inactivity_warning_age = 50
  }

  expect_failures = [var.inactivity_age]
}

run "inactivity_warning_age_below_zero" {
  command = plan

  variables {
    inactivity_age         = 60
    inactivity_warning_age = -1
  }

  expect_failures = [var.inactivity_warning_age]
}

run "inactivity_warning_age_in_part" {
  command = plan

  variables {
    inactivity_age         = 60
    inactivity_warning_age = 50.5
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

run "slack_url_in_the_clear" {
  command = plan

  variables {
    slack_url = "http://hooks.slack.com/services/T0/B0/x"
  }

  expect_failures = [var.slack_url]
}

run "slack_url_no_url" {
  command = plan

  variables {
    slack_url = "https://"
  }

  expect_failures = [var.slack_url]
}

run "sns_topic_no_arn" {
  command = plan

  variables {
    sns_topic = "keys"
  }

  expect_failures = [var.sns_topic]
}

run "sns_topic_of_another_service" {
  command = plan

  variables {
    sns_topic = "arn:aws:sqs:us-east-1:123456789012:keys"
  }

  expect_failures = [var.sns_topic]
}

run "sns_topic_any" {
  command = plan

  variables {
    sns_topic = "arn:aws:sns:us-east-1:123456789012:*"
  }

  expect_failures = [var.sns_topic]
}

run "notify_retry_seconds_below_zero" {
  command = plan

  variables {
    notify_retry_seconds = -1
  }

  expect_failures = [var.notify_retry_seconds]
}

run "notify_retry_seconds_in_part" {
  command = plan

  variables {
    notify_retry_seconds = 0.5
  }

  expect_failures = [var.notify_retry_seconds]
}

run "notify_retry_seconds_above_most" {
  command = plan

  variables {
    notify_retry_seconds = 901
  }

  expect_failures = [var.notify_retry_seconds]
}

run "name_with_space" {
  command = plan

  variables {
    name = "sleuth keys"
  }

  expect_failures = [var.name]
}

run "name_too_long" {
  command = plan

  variables {
    name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }

  expect_failures = [var.name]
}

run "package_missing" {
  command = plan

  variables {
    package = "no-such.zip"
  }

  expect_failures = [var.package]
}

run "package_folder" {
  command = plan

  variables {
    package = "examples"
  }

  expect_failures = [var.package]
}

run "architecture_unknown" {
  command = plan

  variables {
    architecture = "riscv64"
  }

  expect_failures = [var.architecture]
}

run "schedule_without_parentheses" {
  command = plan

  variables {
    schedule = "0 10 ? * MON-FRI *"
  }

  expect_failures = [var.schedule]
}

run "schedule_once" {
  command = plan

  variables {
    schedule = "at(2030-01-01T10:00:00)"
  }

  expect_failures = [var.schedule]
}

run "schedule_timezone_offset" {
  command = plan

  variables {
    schedule_timezone = "+02:00"
  }

  expect_failures = [var.schedule_timezone]
}

run "log_retention_days_not_offered" {
  command = plan

  variables {
    log_retention_days = 100
  }

  expect_failures = [var.log_retention_days]
}

run "max_disable_below_zero" {
  command = plan

  variables {
    max_disable = -1
  }

  expect_failures = [var.max_disable]
}

run "max_disable_in_part" {
  command = plan

  variables {
    max_disable = 2.5
  }

  expect_failures = [var.max_disable]
}

run "max_disable_above_most" {
  command = plan

  variables {
    max_disable = 1000001
  }

  expect_failures = [var.max_disable]
}

run "max_disable_percent_below_zero" {
  command = plan

  variables {
    max_disable_percent = -1
  }

  expect_failures = [var.max_disable_percent]
}

run "max_disable_percent_above_all" {
  command = plan

  variables {
    max_disable_percent = 101
  }

  expect_failures = [var.max_disable_percent]
}

run "canary_user_is_no_name" {
  command = plan

  variables {
    canary_user = "https://example.com"
  }

  expect_failures = [var.canary_user]
}
