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
  required_tags = "created_by,department,Code=LOL|GGG"
}

run "nothing_else_set" {
  command = plan

  assert {
    condition = toset(flatten([for s in jsondecode(output.policy).Statement : s.Action])) == toset([
      "cloudtrail:LookupEvents",
      "ec2:DescribeInstances",
      "ec2:DescribeRegions",
      "iam:GetAccountAuthorizationDetails",
      "iam:ListAccountAliases",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "sqs:SendMessage",
    ])
    error_message = "Without settings the function may only read instances, users and who launched what."
  }

  assert {
    condition = { for s in jsondecode(output.policy).Statement : s.Sid => s.Resource } == {
      ReadRegions    = "*"
      ReadAccount    = "*"
      Log            = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/sleuth-tags:*"
      ReportFailures = "arn:aws:sqs:us-east-1:123456789012:sleuth-tags-failed"
    }
    error_message = "Only calls that AWS cannot narrow concern everything."
  }

  assert {
    condition     = local.environment == { AUDITS = "tags", TAG_ACTION = "notify", REQUIRED_TAGS = "created_by,department,Code=LOL|GGG" }
    error_message = "The program is told the rules and that it may do nothing."
  }

  assert {
    condition     = output.function_name == "sleuth-tags" && var.schedule == "cron(0 10 ? * MON-FRI *)"
    error_message = "The audit runs on working days at 10:00 by default."
  }
}

run "repair" {
  command = plan

  variables {
    tag_action    = "repair"
    settable_tags = ["created_by", "cost-center"]
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s if s.Sid == "SetTags"] == [{
      Sid      = "SetTags"
      Effect   = "Allow"
      Action   = "ec2:CreateTags"
      Resource = "arn:aws:ec2:*:123456789012:instance/*"
      Condition = {
        "ForAllValues:StringEqualsIgnoreCase" = { "aws:TagKeys" = ["cost-center", "created_by"] }
        Null                                  = { "aws:TagKeys" = "false" }
      }
    }]
    error_message = "The function may set these tags and no others."
  }

  assert {
    condition = length([
      for action in flatten([for s in jsondecode(output.policy).Statement : s.Action]) : action
      if can(regex("^ec2:(Stop|Terminate|Modify)", action))
    ]) == 0
    error_message = "It may do nothing worse."
  }
}

run "stop" {
  command = plan

  variables {
    tag_action = "stop"
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s if contains(["SetTags", "StopInstances", "SwitchProtection"], s.Sid)] == [{
      Sid       = "StopInstances"
      Effect    = "Allow"
      Action    = "ec2:StopInstances"
      Resource  = "arn:aws:ec2:*:123456789012:instance/*"
      Condition = { Null = { "aws:ResourceTag/SleuthExempt" = "true" } }
    }]
    error_message = "The function may stop instances that are not exempt, and set no tags where none are named."
  }
}

run "terminate_in_some_regions" {
  command = plan

  variables {
    tag_action          = "terminate"
    override_protection = true
    protect_exempt      = false
    regions             = ["us-east-1", "eu-west-1"]
    settable_tags       = ["Owner"]
    canary_tags         = "true"
  }

  assert {
    condition = { for s in jsondecode(output.policy).Statement : s.Sid => [s.Action, s.Condition] if contains(["SetTags", "StopInstances", "SwitchProtection"], s.Sid) } == {
      SetTags = ["ec2:CreateTags", {
        "ForAllValues:StringEqualsIgnoreCase" = { "aws:TagKeys" = ["Owner", "canary_timestamp"] }
        Null                                  = { "aws:TagKeys" = "false" }
        StringEquals                          = { "ec2:Region" = ["eu-west-1", "us-east-1"] }
      }]
      StopInstances = [["ec2:StopInstances", "ec2:TerminateInstances"], {
        StringEquals = { "ec2:Region" = ["eu-west-1", "us-east-1"] }
      }]
      SwitchProtection = ["ec2:ModifyInstanceAttribute", {
        StringEqualsIgnoreCase = { "ec2:Attribute" = ["DisableApiStop", "DisableApiTermination"] }
        StringEquals           = { "ec2:Region" = ["eu-west-1", "us-east-1"] }
      }]
    }
    error_message = "What changes instances is allowed in these regions only, and of attributes only protection."
  }

  assert {
    condition     = !strcontains(output.policy, "ec2:DescribeRegions")
    error_message = "Who names regions need not ask for them."
  }
}

run "canaries" {
  command = plan

  variables {
    canary_tags   = "Name=canary-{region},team"
    settable_tags = ["Owner"]
  }

  assert {
    condition     = [for s in jsondecode(output.policy).Statement : s.Condition["ForAllValues:StringEqualsIgnoreCase"] if s.Sid == "SetTags"] == [{ "aws:TagKeys" = "canary_timestamp" }]
    error_message = "Without repairs only the canaries' timestamp may be set."
  }
}

run "table" {
  command = plan

  variables {
    required_tags           = null
    tag_rules_table         = "sleuth-rules"
    tag_rules_table_kms_key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    authorization_details   = false
    owner_lookup_seconds    = 0
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s if endswith(s.Sid, "Rules")] == [
      {
        Sid      = "ReadRules"
        Effect   = "Allow"
        Action   = "dynamodb:Scan"
        Resource = "arn:aws:dynamodb:us-east-1:123456789012:table/sleuth-rules"
      },
      {
        Sid       = "DecryptRules"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        Condition = { StringEquals = { "kms:ViaService" = "dynamodb.us-east-1.amazonaws.com" } }
      },
    ]
    error_message = "The function may read this table only."
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s.Action if s.Sid == "ReadAccount"] == [
      ["ec2:DescribeInstances", "iam:ListAccountAliases", "iam:ListUsers"],
    ]
    error_message = "CloudTrail is not asked, and users are listed."
  }
}

run "everything_set" {
  command = plan

  variables {
    required_tags          = null
    tag_rules_table        = "arn:aws:dynamodb:eu-west-1:123456789012:table/rules"
    created_by_validate    = true
    tag_action             = "terminate"
    max_stop               = 0
    max_terminate          = 1
    override_protection    = true
    grace_minutes          = 0
    regions                = ["eu-west-1"]
    canary_tags            = "team"
    owner_tags             = ["owner", "created_by"]
    owner_lookup_seconds   = 1
    tag_notification_title = "Tags"
    tag_notification_text  = "Tag it."
    aws_retry_mode         = "standard"
  }

  assert {
    condition = local.environment == {
      AUDITS                 = "tags"
      TAG_RULES_TABLE        = "arn:aws:dynamodb:eu-west-1:123456789012:table/rules"
      CREATED_BY_VALIDATE    = "true"
      TAG_ACTION             = "terminate"
      MAX_STOP               = "0"
      MAX_TERMINATE          = "1"
      OVERRIDE_PROTECTION    = "true"
      GRACE_MINUTES          = "0"
      REGIONS                = "eu-west-1"
      CANARY_TAGS            = "team"
      OWNER_TAGS             = "owner,created_by"
      OWNER_LOOKUP_SECONDS   = "1"
      TAG_NOTIFICATION_TITLE = "Tags"
      TAG_NOTIFICATION_TEXT  = "Tag it."
      AWS_RETRY_MODE         = "standard"
    }
    error_message = "Every setting reaches the program under its own name, zeros too."
  }

  assert {
    condition     = [for s in jsondecode(output.policy).Statement : s.Resource if s.Sid == "ReadRules"] == ["arn:aws:dynamodb:eu-west-1:123456789012:table/rules"]
    error_message = "A table by its ARN is that table."
  }
}

run "file_and_outputs" {
  command = plan

  variables {
    required_tags  = " "
    tag_rules_file = "/var/task/rules.toml"
    canary_tags    = "false"
    sns_topic      = "arn:aws:sns:eu-west-1:123456789012:tags"
  }

  assert {
    condition     = local.environment["TAG_RULES_FILE"] == "/var/task/rules.toml" && !contains(keys(local.environment), "REQUIRED_TAGS")
    error_message = "The file is in the package."
  }

  assert {
    condition     = contains(jsondecode(output.policy).Statement[*].Sid, "Publish") && !contains(jsondecode(output.policy).Statement[*].Sid, "SetTags")
    error_message = "Channels are those of all functions, and no canary is no reason to set tags."
  }
}
