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
      "iam:GetAccountSummary",
      "iam:ListAccessKeys",
      "iam:ListAccountAliases",
      "iam:ListEntitiesForPolicy",
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
    condition = { for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s.Sid => s.Resource if s.Sid != "Log" } == {
      ReadAccount    = "*"
      ReadKeys       = "arn:aws:iam::123456789012:user/*"
      ReadQuarantine = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine*"
    }
    error_message = "Calls that IAM can narrow concern this account's users, or the policy by which AWS quarantines them."
  }

  assert {
    condition = toset(one([for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s.Action if s.Sid == "ReadAccount"])) == toset([
      "iam:GetAccountAuthorizationDetails",
      "iam:GetAccountSummary",
      "iam:ListAccountAliases",
      "iam:ListUsers",
    ])
    error_message = "Only calls that IAM cannot narrow concern everything."
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

run "inventory_by_report" {
  command = plan

  variables {
    inventory = "report"
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.function.policy).Statement) == 5
    error_message = "The report adds one statement to the four there are without settings."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : [toset(s.Action), s.Resource] if s.Sid == "ReadCredentialReport"] == [
      [toset(["iam:GenerateCredentialReport", "iam:GetCredentialReport"]), "*"],
    ]
    error_message = "The function may have the credential report made, and read it."
  }

  assert {
    condition     = one(aws_lambda_function.this.environment).variables == tomap({ INVENTORY = "report" })
    error_message = "The program must be told, and nothing else."
  }
}

run "inventory_live" {
  command = plan

  variables {
    inventory = "live"
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function.policy, "CredentialReport")
    error_message = "Who reads users live needs no credential report."
  }

  assert {
    condition     = one(aws_lambda_function.this.environment).variables == tomap({ INVENTORY = "live" })
    error_message = "The program must be told, and nothing else."
  }
}

run "slack_url_in_secrets_manager" {
  command = plan

  variables {
    slack_url_secret = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:sleuth/slack-AbCdEf"
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.function.policy).Statement) == 5
    error_message = "The secret adds one statement to the four there are without settings."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s if s.Sid == "ReadSlackUrl"] == [{
      Sid      = "ReadSlackUrl"
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:sleuth/slack-AbCdEf"
    }]
    error_message = "The function may read the secret and no other."
  }

  assert {
    condition     = one(aws_lambda_function.this.environment).variables == tomap({ SLACK_URL = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:sleuth/slack-AbCdEf" })
    error_message = "The program must be told where the webhook is kept, and nothing else."
  }

  assert {
    condition     = !issensitive(aws_lambda_function.this.environment[0].variables["SLACK_URL"])
    error_message = "Where the webhook is kept is no secret: a plan shows it."
  }
}

run "slack_url_in_parameter_store" {
  command = plan

  variables {
    slack_url_secret = "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/slack"
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.function.policy).Statement) == 5
    error_message = "The parameter adds one statement to the four there are without settings."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s if s.Sid == "ReadSlackUrl"] == [{
      Sid      = "ReadSlackUrl"
      Effect   = "Allow"
      Action   = "ssm:GetParameter"
      Resource = "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/slack"
    }]
    error_message = "The function may read the parameter and no other."
  }

  assert {
    condition     = one(aws_lambda_function.this.environment).variables == tomap({ SLACK_URL = "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/slack" })
    error_message = "The program must be told where the webhook is kept, and nothing else."
  }
}

run "secret_with_own_key" {
  command = plan

  variables {
    slack_url_secret         = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack-AbCdEf"
    slack_url_secret_kms_key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.function.policy).Statement) == 6
    error_message = "The key adds one statement, the secret another."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s if s.Sid == "DecryptSlackUrl"] == [{
      Sid       = "DecryptSlackUrl"
      Effect    = "Allow"
      Action    = "kms:Decrypt"
      Resource  = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.eu-west-1.amazonaws.com" } }
    }]
    error_message = "The function may decrypt with this key only, and only through Secrets Manager in the secret's region."
  }

  assert {
    condition     = one(aws_lambda_function.this.environment).variables == tomap({ SLACK_URL = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack-AbCdEf" })
    error_message = "The program need not be told of the key."
  }
}

run "parameter_with_own_key" {
  command = plan

  variables {
    slack_url_secret         = "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/slack"
    slack_url_secret_kms_key = "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab"
  }

  override_data {
    target = data.aws_partition.current
    values = {
      partition  = "aws-cn"
      dns_suffix = "amazonaws.com.cn"
    }
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : [s.Action, s.Resource] if s.Sid == "DecryptSlackUrl"] == [
      ["kms:Decrypt", "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab"],
    ]
    error_message = "The function may decrypt with this key only."
  }

  assert {
    condition = toset(one([for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s.Condition.StringEquals["kms:ViaService"] if s.Sid == "DecryptSlackUrl"])) == toset([
      "ssm.cn-north-1.amazonaws.com",
      "ssm.cn-north-1.amazonaws.com.cn",
    ])
    error_message = "The function may decrypt only through Parameter Store in the parameter's region, by either of its names."
  }

  assert {
    condition     = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s.Resource if s.Sid == "ReadQuarantine"] == ["arn:aws-cn:iam::aws:policy/AWSCompromisedKeyQuarantine*"]
    error_message = "Each partition has policies of its own."
  }
}

run "empty_is_not_set" {
  command = plan

  variables {
    enable_auto_expire          = null
    inventory                   = ""
    expire_notification_title   = ""
    expire_notification_text    = " "
    inactive_notification_title = ""
    inactive_notification_text  = ""
    slack_url                   = ""
    slack_url_secret            = ""
    slack_url_secret_kms_key    = " "
    sns_topic                   = ""
    debug                       = null
  }

  assert {
    condition     = length(aws_lambda_function.this.environment) == 0
    error_message = "Empty settings are not handed on."
  }

  assert {
    condition     = toset(jsondecode(aws_iam_role_policy.function.policy).Statement[*].Sid) == toset(["ReadAccount", "ReadKeys", "ReadQuarantine", "Log"])
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
    inventory                   = "report"
    concurrency                 = 1
    retry_mode                  = "standard"
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
      INVENTORY                   = "report"
      CONCURRENCY                 = "1"
      AWS_RETRY_MODE              = "standard"
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
    slack_url_secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:sleuth/slack-AbCdEf"
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

run "slack_url_secret_no_arn" {
  command = plan

  variables {
    slack_url_secret = "slack"
  }

  expect_failures = [var.slack_url_secret]
}

run "slack_url_secret_of_another_service" {
  command = plan

  variables {
    slack_url_secret = "arn:aws:sns:us-east-1:123456789012:slack"
  }

  expect_failures = [var.slack_url_secret]
}

run "slack_url_secret_in_part" {
  command = plan

  variables {
    slack_url_secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack"
  }

  expect_failures = [var.slack_url_secret]
}

run "slack_url_secret_any" {
  command = plan

  variables {
    slack_url_secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-??????"
  }

  expect_failures = [var.slack_url_secret]
}

run "slack_url_secret_no_account" {
  command = plan

  variables {
    slack_url_secret = "arn:aws:secretsmanager:us-east-1::secret:slack-AbCdEf"
  }

  expect_failures = [var.slack_url_secret]
}

run "slack_url_secret_with_entry" {
  command = plan

  variables {
    slack_url_secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-AbCdEf:SLACK_URL::"
  }

  expect_failures = [var.slack_url_secret]
}

run "slack_url_secret_any_parameter" {
  command = plan

  variables {
    slack_url_secret = "arn:aws:ssm:us-east-1:123456789012:parameter/*"
  }

  expect_failures = [var.slack_url_secret]
}

run "slack_url_secret_no_parameter" {
  command = plan

  variables {
    slack_url_secret = "arn:aws:ssm:us-east-1:123456789012:document/slack"
  }

  expect_failures = [var.slack_url_secret]
}

run "slack_url_twice" {
  command = plan

  variables {
    slack_url        = "https://hooks.slack.com/services/T0/B0/x"
    slack_url_secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-AbCdEf"
  }

  expect_failures = [var.slack_url_secret]
}

run "slack_url_secret_kms_key_no_arn" {
  command = plan

  variables {
    slack_url_secret         = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-AbCdEf"
    slack_url_secret_kms_key = "1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  expect_failures = [var.slack_url_secret_kms_key]
}

run "slack_url_secret_kms_key_alias" {
  command = plan

  variables {
    slack_url_secret         = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-AbCdEf"
    slack_url_secret_kms_key = "arn:aws:kms:us-east-1:123456789012:alias/slack"
  }

  expect_failures = [var.slack_url_secret_kms_key]
}

run "slack_url_secret_kms_key_any" {
  command = plan

  variables {
    slack_url_secret         = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-AbCdEf"
    slack_url_secret_kms_key = "arn:aws:kms:us-east-1:123456789012:key/*"
  }

  expect_failures = [var.slack_url_secret_kms_key]
}

run "slack_url_secret_kms_key_alone" {
  command = plan

  variables {
    slack_url_secret_kms_key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  expect_failures = [var.slack_url_secret_kms_key]
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

run "inventory_unknown" {
  command = plan

  variables {
    inventory = "cached"
  }

  expect_failures = [var.inventory]
}

run "inventory_in_capitals" {
  command = plan

  variables {
    inventory = "REPORT"
  }

  expect_failures = [var.inventory]
}

run "retry_mode_unknown" {
  command = plan

  variables {
    retry_mode = "legacy"
  }

  expect_failures = [var.retry_mode]
}

run "concurrency_none" {
  command = plan

  variables {
    concurrency = 0
  }

  expect_failures = [var.concurrency]
}

run "concurrency_in_part" {
  command = plan

  variables {
    concurrency = 1.5
  }

  expect_failures = [var.concurrency]
}

run "concurrency_above_most" {
  command = plan

  variables {
    concurrency = 101
  }

  expect_failures = [var.concurrency]
}
