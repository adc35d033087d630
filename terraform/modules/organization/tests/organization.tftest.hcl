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

run "keys" {
  command = plan

  assert {
    condition = local.environment == {
      ACCOUNTS         = "org"
      ARCHIVE          = "s3://larkspur-reports/sleuth"
      ASSUME_ROLE_NAME = "sleuth-member-keys"
      AUDITS           = "keys"
    }
    error_message = "Without settings the program is told which accounts, which role, and where it keeps its work."
  }

  assert {
    condition = { for s in jsondecode(output.policy).Statement : s.Sid => [toset(flatten([s.Action])), s.Resource] } == {
      ReadAccount      = [toset(["iam:GetAccountAuthorizationDetails", "iam:GetAccountSummary", "iam:ListAccountAliases"]), "*"]
      ReadKeys         = [toset(["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"]), "arn:aws:iam::123456789012:user/*"]
      ReadOrganization = [toset(["organizations:ListAccounts", "organizations:ListTagsForResource"]), "*"]
      AssumeRoles      = [toset(["sts:AssumeRole"]), "arn:aws:iam::*:role/sleuth-member-keys"]
      ReadRuns         = [toset(["s3:GetObject"]), "arn:aws:s3:::larkspur-reports/sleuth/runs/keys/*"]
      ListRuns         = [toset(["s3:ListBucket"]), "arn:aws:s3:::larkspur-reports"]
      WriteArchive     = [toset(["s3:PutObject"]), "arn:aws:s3:::larkspur-reports/sleuth/*"]
      Log              = [toset(["logs:CreateLogStream", "logs:PutLogEvents"]), "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/sleuth-organization-keys:*"]
      ReportFailures   = [toset(["sqs:SendMessage"]), "arn:aws:sqs:us-east-1:123456789012:sleuth-organization-keys-failed"]
    }
    error_message = "The function may read keys here, know the organization, assume the role, and work below its own prefix of runs."
  }

  assert {
    condition = { for s in jsondecode(output.policy).Statement : s.Sid => s.Condition if can(s.Condition) } == {
      AssumeRoles = { StringEquals = { "aws:ResourceOrgID" = "o-a1b2c3d4e5" } }
      ListRuns    = { StringLike = { "s3:prefix" = "sleuth/runs/keys/*" } }
    }
    error_message = "Roles are those of the organization's accounts, and of objects only those of runs are listed."
  }

  assert {
    condition = { for s in jsondecode(output.state_machine_policy).Statement : s.Sid => [toset(flatten([s.Action])), toset(flatten([s.Resource]))] } == {
      DoSteps       = [toset(["lambda:InvokeFunction"]), toset(["arn:aws:lambda:us-east-1:123456789012:function:sleuth-organization-keys"])]
      StartAccounts = [toset(["states:StartExecution"]), toset(["arn:aws:states:us-east-1:123456789012:stateMachine:sleuth-organization-keys"])]
      WatchAccounts = [
        toset(["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"]),
        toset([
          "arn:aws:states:us-east-1:123456789012:execution:sleuth-organization-keys:*",
          "arn:aws:states:us-east-1:123456789012:execution:sleuth-organization-keys/*",
        ]),
      ]
      ReadAccounts = [
        toset(["s3:GetObject"]),
        toset([
          "arn:aws:s3:::larkspur-reports/sleuth/runs/keys/*/accounts.json",
          "arn:aws:s3:::larkspur-reports/sleuth/runs/keys/*/apply.json",
        ]),
      ]
      DeliverLogs = [
        toset([
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]),
        toset(["*"]),
      ]
    }
    error_message = "The state machine may call this function, start executions of itself, read lists of accounts and nothing else of a run, and deliver its log."
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.state_machine_trust.json).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    }]
    error_message = "Only Step Functions takes the state machine's role, and only for this account."
  }

  assert {
    condition     = output.function_name == "sleuth-organization-keys" && aws_sfn_state_machine.this.name == "sleuth-organization-keys"
    error_message = "Everything goes by the default name, which says the audit."
  }

  assert {
    condition     = toset(keys(output.alarm_arns)) == toset(["errors", "throttles", "failed", "executions-failed", "executions-timed-out", "executions-aborted", "missing"])
    error_message = "There are alarms on runs beside those of every function."
  }

  assert {
    condition = alltrue([
      for alarm in values(aws_cloudwatch_metric_alarm.runs) :
      alarm.namespace == "AWS/States" && alarm.dimensions == tomap({ StateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:sleuth-organization-keys" })
    ])
    error_message = "They are about runs of this state machine."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.runs["missing"].metric_name == "ExecutionsStarted" && aws_cloudwatch_metric_alarm.runs["missing"].evaluation_periods == 74 && aws_cloudwatch_metric_alarm.runs["missing"].treat_missing_data == "breaching"
    error_message = "No run for longer than a weekend is noticed."
  }
}

run "definition" {
  command = plan

  variables {
    timeout                      = 300
    max_concurrency              = 25
    tolerated_failure_percentage = 5
    tracing                      = true
  }

  assert {
    condition = toset([
      for called in regexall("\"FunctionName\": *\"([^\"]*)\"", aws_sfn_state_machine.this.definition) : called[0]
    ]) == toset(["arn:aws:lambda:us-east-1:123456789012:function:sleuth-organization-keys"])
    error_message = "Each step is the function."
  }

  assert {
    condition     = can(jsondecode(aws_sfn_state_machine.this.definition).StartAt) && !strcontains(aws_sfn_state_machine.this.definition, "$${")
    error_message = "Nothing is left to fill in."
  }

  assert {
    condition = jsondecode(aws_sfn_state_machine.this.definition).States.Settings.Parameters.settings == {
      "timeout_seconds.$"              = "States.StringToJson('360')"
      "max_concurrency.$"              = "States.StringToJson('25')"
      "tolerated_failure_percentage.$" = "States.StringToJson('5')"
    }
    error_message = "The state machine waits longer than the function takes, and has the limits that are set."
  }

  assert {
    condition = [for name, state in jsondecode(aws_sfn_state_machine.this.definition).States : name if state.Type == "Map"] == ["Apply", "Plan"] && alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.this.definition).States) : !can(state.ResultWriter) if state.Type == "Map"
    ])
    error_message = "Its maps read lists from S3, for which it has the permission, and write nothing, for which it has none."
  }

  assert {
    condition     = aws_sfn_state_machine.this.tracing_configuration[0].enabled && contains(jsondecode(output.state_machine_policy).Statement[*].Sid, "Trace")
    error_message = "The state machine is traced like the function."
  }

  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].level == "ALL" && output.state_machine_log_group_name == "/aws/vendedlogs/states/sleuth-organization-keys"
    error_message = "What it does is logged."
  }
}

run "schedule" {
  command = plan

  variables {
    schedule          = "rate(1 day)"
    missing_run_hours = 26
  }

  assert {
    condition = (
      local.schedule_target == { arn = "arn:aws:states:us-east-1:123456789012:stateMachine:sleuth-organization-keys", action = "states:StartExecution" } &&
      local.schedule_input == "{\"time\":\"<aws.scheduler.scheduled-time>\"}"
    )
    error_message = "The schedule starts the state machine, and says of what time the run is."
  }
}

run "nobody_starts_it" {
  command = plan

  variables {
    schedule = null
  }

  assert {
    condition     = !contains(keys(output.alarm_arns), "missing")
    error_message = "What nobody starts is never missing."
  }
}

run "no_alarms" {
  command = plan

  variables {
    alarms = false
  }

  assert {
    condition     = length(output.alarm_arns) == 0
    error_message = "Alarms can be left out."
  }
}

run "tags_in_named_accounts" {
  command = plan

  variables {
    audit                          = "tags"
    name                           = "tag-audit"
    tag_rules_table                = "rules"
    tag_action                     = "terminate"
    settable_tags                  = ["Owner"]
    accounts                       = ["210987654321", "111122223333", "123456789012"]
    assume_role_name               = "tools/sleuth"
    assume_role_external_id_secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:sleuth/external-id-AbCdEf"
    secrets_kms_keys               = ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
    max_stop                       = 5
    max_stop_total                 = 20
    max_terminate_total            = 3
    archive                        = "s3://larkspur-reports"
    archive_kms_key                = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000003"
  }

  assert {
    condition = local.environment == {
      ACCOUNTS                = "210987654321,111122223333,123456789012"
      ARCHIVE                 = "s3://larkspur-reports"
      ARCHIVE_KMS_KEY         = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000003"
      ASSUME_ROLE_EXTERNAL_ID = "arn:aws:secretsmanager:us-east-1:123456789012:secret:sleuth/external-id-AbCdEf"
      ASSUME_ROLE_NAME        = "tools/sleuth"
      AUDITS                  = "tags"
      MAX_STOP                = "5"
      MAX_STOP_TOTAL          = "20"
      MAX_TERMINATE_TOTAL     = "3"
      TAG_ACTION              = "terminate"
      TAG_RULES_TABLE         = "rules"
    }
    error_message = "The settings of the audit of tags are handed on, and none of that of keys."
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : [toset(s.Resource), can(s.Condition)] if s.Sid == "AssumeRoles"] == [
      [toset(["arn:aws:iam::111122223333:role/tools/sleuth", "arn:aws:iam::210987654321:role/tools/sleuth"]), false],
    ]
    error_message = "The function may assume the role in the accounts that are named, less its own, and in no other."
  }

  assert {
    condition     = !contains(jsondecode(output.policy).Statement[*].Sid, "ReadOrganization") && length(data.aws_organizations_organization.this) == 0
    error_message = "With named accounts nobody asks about the organization."
  }

  assert {
    condition = length(setsubtract(
      ["ReadRegions", "ReadAccount", "ReadProtection", "ReadRules", "SetTags", "StopInstances", "ReadSecrets", "DecryptSecrets"],
      jsondecode(output.policy).Statement[*].Sid,
    )) == 0
    error_message = "In its own account the function may do what the audit does there, and read the external id."
  }

  assert {
    condition = alltrue([
      for policy in [output.policy, output.state_machine_policy] :
      [for s in jsondecode(policy).Statement : [s.Resource, s.Condition] if startswith(s.Sid, "Decrypt") && flatten([s.Action]) == ["kms:Decrypt"] && s.Sid != "DecryptSecrets"] == [[
        "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000003",
        { StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" } },
      ]]
    ])
    error_message = "Both may read what the archive's key encrypts, through S3."
  }

  assert {
    condition     = [for s in jsondecode(output.policy).Statement : s.Resource if s.Sid == "ReadRuns"] == ["arn:aws:s3:::larkspur-reports/runs/tags/*"]
    error_message = "An archive without a prefix has its runs at the top."
  }
}

run "external_id_as_it_is" {
  command = plan

  variables {
    assume_role_external_id = "larkspur-7d1f"
  }

  assert {
    condition     = !contains(keys(local.environment), "ASSUME_ROLE_EXTERNAL_ID") && keys(local.outputs_secret_environment) == ["ASSUME_ROLE_EXTERNAL_ID"]
    error_message = "It is handed on with the secrets, which plans do not show."
  }
}

run "part_of_the_organization" {
  command = plan

  variables {
    org_units          = ["ou-ab12-11111111", "ou-ab12-22222222"]
    exclude_accounts   = ["111122223333", "ou-ab12-33333333"]
    organization_id    = "o-zyxwvutsrq"
    enable_auto_expire = true
    max_disable        = 5
    max_disable_total  = 20
    protected_paths    = ["/admins/"]
  }

  assert {
    condition = local.environment == {
      ACCOUNTS           = "org"
      ARCHIVE            = "s3://larkspur-reports/sleuth"
      ASSUME_ROLE_NAME   = "sleuth-member-keys"
      AUDITS             = "keys"
      ENABLE_AUTO_EXPIRE = "true"
      EXCLUDE_ACCOUNTS   = "111122223333,ou-ab12-33333333"
      MAX_DISABLE        = "5"
      MAX_DISABLE_TOTAL  = "20"
      ORG_UNITS          = "ou-ab12-11111111,ou-ab12-22222222"
      PROTECTED_PATHS    = "/admins/"
    }
    error_message = "The program is told which part of the organization, and both brakes."
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : toset(s.Action) if s.Sid == "ReadOrganization"] == [toset([
      "organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent", "organizations:ListTagsForResource",
    ])]
    error_message = "The function may look for accounts below the units, and not for all."
  }

  assert {
    condition = (
      [for s in jsondecode(output.policy).Statement : s.Condition if s.Sid == "AssumeRoles"] == [{ StringEquals = { "aws:ResourceOrgID" = "o-zyxwvutsrq" } }] &&
      length(data.aws_organizations_organization.this) == 0
    )
    error_message = "An organization that is named is not looked up."
  }
}

run "all_but_a_unit" {
  command = plan

  variables {
    exclude_accounts = ["ou-ab12-33333333"]
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : toset(s.Action) if s.Sid == "ReadOrganization"] == [toset([
      "organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent", "organizations:ListRoots",
      "organizations:ListTagsForResource",
    ])]
    error_message = "To leave a unit out the function goes through all, from the root."
  }
}

run "bucket_policy" {
  command = plan

  variables {
    role_path = "/audit/"
  }

  assert {
    condition = [for s in jsondecode(output.archive_bucket_policy).Statement : [s.Sid, s.Effect, toset(s.Action), s.Resource, s.Condition]] == [[
      "KeysRunsAreWrittenByTheirFunction",
      "Deny",
      toset(["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"]),
      "arn:aws:s3:::larkspur-reports/sleuth/runs/keys/*",
      { ArnNotEquals = { "aws:PrincipalArn" = "arn:aws:iam::123456789012:role/audit/sleuth-organization-keys" } },
    ]]
    error_message = "The bucket's owner can see to it that nobody but the function writes what runs go by."
  }
}
