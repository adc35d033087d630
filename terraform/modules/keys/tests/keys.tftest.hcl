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

run "nothing_set" {
  command = plan

  assert {
    condition = toset(flatten([for s in jsondecode(output.policy).Statement : s.Action])) == toset([
      "iam:GetAccessKeyLastUsed",
      "iam:GetAccountAuthorizationDetails",
      "iam:GetAccountSummary",
      "iam:ListAccessKeys",
      "iam:ListAccountAliases",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "sqs:SendMessage",
    ])
    error_message = "Without settings the function may only read keys, write its log and fill its own queue."
  }

  assert {
    condition = { for s in jsondecode(output.policy).Statement : s.Sid => s.Resource } == {
      ReadAccount    = "*"
      ReadKeys       = "arn:aws:iam::123456789012:user/*"
      Log            = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/sleuth-keys:*"
      ReportFailures = "arn:aws:sqs:us-east-1:123456789012:sleuth-keys-failed"
    }
    error_message = "Calls that IAM can narrow concern this account's users, or what is the function's own."
  }

  assert {
    condition = toset(one([for s in jsondecode(output.policy).Statement : s.Action if s.Sid == "ReadAccount"])) == toset([
      "iam:GetAccountAuthorizationDetails",
      "iam:GetAccountSummary",
      "iam:ListAccountAliases",
    ])
    error_message = "Only calls that IAM cannot narrow concern everything."
  }

  assert {
    condition     = local.environment == { AUDITS = "keys" }
    error_message = "Without settings the program is told only what it is to do."
  }

  assert {
    condition     = output.function_name == "sleuth-keys" && output.log_group_name == "/aws/lambda/sleuth-keys"
    error_message = "Everything goes by the default name."
  }

  assert {
    condition     = toset(keys(output.alarm_arns)) == toset(["errors", "failed", "missing", "throttles"])
    error_message = "There are alarms, on missing runs too."
  }

  assert {
    condition     = var.schedule == "cron(0 10 ? * MON-FRI *)" && var.schedule_timezone == "UTC" && var.missing_run_hours == 74
    error_message = "The audit runs on working days at 10:00 by default, and the alarm knows of weekends."
  }
}

run "auto_expire" {
  command = plan

  variables {
    enable_auto_expire = true
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s if contains(flatten([s.Action]), "iam:UpdateAccessKey")] == [{
      Sid      = "DisableKeys"
      Effect   = "Allow"
      Action   = "iam:UpdateAccessKey"
      Resource = "arn:aws:iam::123456789012:user/*"
    }]
    error_message = "With auto expire the function may disable the keys of this account's users."
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s.Action if s.Sid == "ReadKeys"] == [
      ["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:ListUserTags"],
    ]
    error_message = "Right before a key is disabled its user's tags are looked at again."
  }

  assert {
    condition     = local.environment == { AUDITS = "keys", ENABLE_AUTO_EXPIRE = "true" }
    error_message = "The program must be told, and nothing else."
  }
}

run "protected_paths" {
  command = plan

  variables {
    enable_auto_expire = true
    protected_paths    = ["/break-glass/", "/admins/eu/"]
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s if s.Effect == "Deny"] == [{
      Sid    = "ProtectUsers"
      Effect = "Deny"
      Action = "iam:UpdateAccessKey"
      Resource = [
        "arn:aws:iam::123456789012:user/admins/eu/*",
        "arn:aws:iam::123456789012:user/break-glass/*",
      ]
    }]
    error_message = "The function is denied disabling keys of users below these paths."
  }

  assert {
    condition     = local.environment["PROTECTED_PATHS"] == "/break-glass/,/admins/eu/"
    error_message = "The program leaves them alone by itself."
  }
}

run "protected_paths_without_auto_expire" {
  command = plan

  variables {
    protected_paths = ["/admins/"]
  }

  assert {
    condition     = [for s in jsondecode(output.policy).Statement : s.Effect if contains(flatten([s.Action]), "iam:UpdateAccessKey")] == ["Deny"]
    error_message = "What is denied is denied, and nothing is allowed."
  }
}

run "without_authorization_details" {
  command = plan

  variables {
    authorization_details = false
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : [s.Sid, s.Action, s.Resource] if startswith(s.Sid, "Read")] == [
      ["ReadAccount", ["iam:GetAccountSummary", "iam:ListAccountAliases", "iam:ListUsers"], "*"],
      ["ReadKeys", ["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:ListUserTags"], "arn:aws:iam::123456789012:user/*"],
      ["ReadQuarantine", "iam:ListEntitiesForPolicy", "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine*"],
    ]
    error_message = "Users, their tags and who is quarantined are read in other ways, all of them and no other."
  }
}

run "inventory_by_report" {
  command = plan

  variables {
    inventory = "report"
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s.Action if s.Sid == "ReadAccount"] == [[
      "iam:GenerateCredentialReport", "iam:GetAccountAuthorizationDetails", "iam:GetAccountSummary", "iam:GetCredentialReport",
      "iam:ListAccountAliases",
    ]]
    error_message = "The function may have the credential report made, and read it."
  }

  assert {
    condition     = local.environment == { AUDITS = "keys", INVENTORY = "report" }
    error_message = "The program must be told, and nothing else."
  }
}

run "another_partition" {
  command = plan

  variables {
    authorization_details = false
    slack_url_secret      = "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/slack"
    secrets_kms_keys      = ["arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab"]
  }

  override_data {
    target = data.aws_partition.current
    values = {
      partition  = "aws-cn"
      dns_suffix = "amazonaws.com.cn"
    }
  }

  assert {
    condition     = [for s in jsondecode(output.policy).Statement : s.Resource if s.Sid == "ReadQuarantine"] == ["arn:aws-cn:iam::aws:policy/AWSCompromisedKeyQuarantine*"]
    error_message = "Each partition has policies of its own."
  }

  assert {
    condition = toset(one([for s in jsondecode(output.policy).Statement : s.Condition.StringEquals["kms:ViaService"] if s.Sid == "DecryptSecrets"])) == toset([
      "ssm.cn-north-1.amazonaws.com",
      "ssm.cn-north-1.amazonaws.com.cn",
    ])
    error_message = "The function may decrypt only through Parameter Store in the parameter's region, by either of its names."
  }
}

run "everything_set" {
  command = plan

  variables {
    name                        = "audit"
    schedule                    = null
    asynchronous_retries        = 2
    enable_auto_expire          = true
    max_disable                 = 0
    max_disable_percent         = 10
    canary_user                 = "canary"
    inventory                   = "live"
    expiration_age              = 60
    warning_age                 = 0
    inactivity_age              = 60
    inactivity_warning_age      = 59
    expire_notification_title   = "Old keys"
    expire_notification_text    = "Make new ones."
    inactive_notification_title = "Unused keys"
    inactive_notification_text  = "Delete them."
    aws_retry_mode              = "standard"
  }

  assert {
    condition = local.environment == {
      AUDITS                      = "keys"
      ENABLE_AUTO_EXPIRE          = "true"
      MAX_DISABLE                 = "0"
      MAX_DISABLE_PERCENT         = "10"
      CANARY_USER                 = "canary"
      INVENTORY                   = "live"
      EXPIRATION_AGE              = "60"
      WARNING_AGE                 = "0"
      INACTIVITY_AGE              = "60"
      INACTIVITY_WARNING_AGE      = "59"
      EXPIRE_NOTIFICATION_TITLE   = "Old keys"
      EXPIRE_NOTIFICATION_TEXT    = "Make new ones."
      INACTIVE_NOTIFICATION_TITLE = "Unused keys"
      INACTIVE_NOTIFICATION_TEXT  = "Delete them."
      AWS_RETRY_MODE              = "standard"
    }
    error_message = "Every setting reaches the program under its own name, zeros too."
  }

  assert {
    condition     = output.function_name == "audit" && !contains(keys(output.alarm_arns), "missing")
    error_message = "The name is that which is given, and without a schedule no run is missed."
  }
}

run "empty_is_not_set" {
  command = plan

  variables {
    inventory                   = ""
    canary_user                 = " "
    protected_paths             = []
    expire_notification_title   = ""
    expire_notification_text    = " "
    inactive_notification_title = ""
    inactive_notification_text  = ""
    aws_retry_mode              = ""
    slack_url                   = ""
    slack_url_secret            = ""
    sns_topic                   = ""
    archive                     = " "
    search_url                  = ""
  }

  assert {
    condition     = local.environment == { AUDITS = "keys" } && nonsensitive(length(local.outputs_secret_environment)) == 0
    error_message = "Empty settings are not handed on."
  }

  assert {
    condition     = toset(jsondecode(output.policy).Statement[*].Sid) == toset(["ReadAccount", "ReadKeys", "Log", "ReportFailures"])
    error_message = "Empty settings allow nothing."
  }
}
