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
  values = { account_id = "123456789012" }
}

override_data {
  target = module.function.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.regions.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  # Any file will do: a plan does not upload it.
  package       = "versions.tf"
  required_tags = "created_by"
  timeout       = 180
}

# What the function may do, exactly, and what it is told.

run "as_little_as_it_needs" {
  command = plan

  assert {
    condition = { for s in jsondecode(output.policy).Statement : s.Sid => [toset(flatten([s.Action])), s.Resource] } == {
      ReadAccount = [
        toset(["cloudtrail:LookupEvents", "ec2:DescribeInstances", "iam:GetAccountAuthorizationDetails", "iam:ListAccountAliases"]),
        "*",
      ]
      ReceiveMessages = [toset(["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]), "arn:aws:sqs:us-east-1:123456789012:sleuth-watch"]
      Log             = [toset(["logs:CreateLogStream", "logs:PutLogEvents"]), "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/sleuth-watch:*"]
      ReportFailures  = [toset(["sqs:SendMessage"]), "arn:aws:sqs:us-east-1:123456789012:sleuth-watch-failed"]
    }
    error_message = "With notify, and without log files, the function reads, receives and logs."
  }

  assert {
    condition = local.environment == {
      AUDITS        = "watch"
      REQUIRED_TAGS = "created_by"
      TAG_ACTION    = "notify"
    }
    error_message = "The function is the watch, and nothing is set that was not given."
  }
}

run "log_files" {
  command = plan

  variables {
    source_of_events = "bucket_events"
    trail_bucket     = "logs-of-all"
    trail_prefix     = "trails/main"
    organization_id  = "o-a1b2c3d4e5"
    trail_kms_key    = "arn:aws:kms:eu-west-1:210987654321:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    queue_kms_key    = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition = { for s in jsondecode(output.policy).Statement : s.Sid => [s.Action, s.Resource, try(s.Condition, null)] if strcontains(s.Sid, "LogFiles") } == {
      ReadLogFiles = ["s3:GetObject", "arn:aws:s3:::logs-of-all/trails/main/AWSLogs/o-a1b2c3d4e5/*", null]
      DecryptLogFiles = ["kms:Decrypt", "arn:aws:kms:eu-west-1:210987654321:key/1234abcd-12ab-34cd-56ef-1234567890ab", {
        StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" }
      }]
    }
    error_message = "The function reads log files of the organization, and decrypts with their key through S3 only."
  }

  assert {
    condition = one([for s in jsondecode(output.policy).Statement : [s.Action, s.Resource, s.Condition] if s.Sid == "DecryptMessages"]) == [
      "kms:Decrypt",
      "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      { StringEquals = { "kms:ViaService" = "sqs.us-east-1.amazonaws.com" } },
    ]
    error_message = "The function decrypts messages through SQS only."
  }
}

# The watch does not read the files of a trail that is there for EventBridge.
run "trail_for_eventbridge" {
  command = plan

  variables {
    create_trail  = true
    trail_bucket  = "logs-of-all"
    trail_kms_key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = length([for s in jsondecode(output.policy).Statement : s if strcontains(s.Sid, "LogFiles")]) == 0
    error_message = "What comes by EventBridge needs no log files."
  }
}

run "other_accounts" {
  command = plan

  variables {
    assume_role_name     = "tools/sleuth"
    assume_role_accounts = ["210987654321", "111122223333"]
    role_path            = "/audit/"
    tag_action           = "terminate"
    settable_tags        = ["created_by"]
    regions              = ["us-east-1"]
    settle_seconds       = 30
    tag_rules_table      = "rules"
    required_tags        = null
  }

  assert {
    condition = one([for s in jsondecode(output.policy).Statement : [s.Action, toset(s.Resource)] if s.Sid == "AssumeRoles"]) == [
      "sts:AssumeRole",
      toset(["arn:aws:iam::111122223333:role/tools/sleuth", "arn:aws:iam::210987654321:role/tools/sleuth"]),
    ]
    error_message = "The function may assume exactly these roles."
  }

  assert {
    condition = local.environment == {
      AUDITS           = "watch"
      ASSUME_ROLE_NAME = "tools/sleuth"
      REGIONS          = "us-east-1"
      SETTLE_SECONDS   = "30"
      TAG_ACTION       = "terminate"
      TAG_RULES_TABLE  = "rules"
    }
    error_message = "The program is told of the role."
  }

  assert {
    condition = jsondecode(output.member_role_trust_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::123456789012:role/audit/sleuth-watch" }
      Condition = { StringEquals = { "sts:RoleSessionName" = "sleuth" } }
    }]
    error_message = "The role in another account trusts the function's role, in the session that it opens."
  }

  assert {
    condition     = keys(output.member_role_policies) == ["111122223333", "210987654321"]
    error_message = "There is a policy for each account."
  }

  assert {
    condition = { for s in jsondecode(output.member_role_policies["210987654321"]).Statement : s.Sid => [toset(flatten([s.Action])), s.Resource] } == {
      ReadAccount = [
        toset(["cloudtrail:LookupEvents", "ec2:DescribeInstances", "iam:GetAccountAuthorizationDetails", "iam:ListAccountAliases"]),
        "*",
      ]
      ReadProtection = [toset(["ec2:DescribeInstanceAttribute"]), "arn:aws:ec2:*:210987654321:instance/*"]
      SetTags        = [toset(["ec2:CreateTags"]), "arn:aws:ec2:*:210987654321:instance/*"]
      StopInstances  = [toset(["ec2:StopInstances", "ec2:TerminateInstances"]), "arn:aws:ec2:*:210987654321:instance/*"]
    }
    error_message = "In another account the same is allowed as here, about its instances; rules are read here."
  }

  assert {
    condition = alltrue([
      for sid in ["SetTags", "StopInstances"] :
      one([for s in jsondecode(output.member_role_policies["210987654321"]).Statement : s.Condition if s.Sid == sid]) ==
      one([for s in jsondecode(output.policy).Statement : s.Condition if s.Sid == sid])
    ])
    error_message = "The conditions are the same as here."
  }
}

run "other_accounts_with_an_external_id" {
  command = plan

  variables {
    assume_role_name               = "sleuth"
    assume_role_accounts           = ["210987654321"]
    assume_role_external_id_secret = "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/external-id"
  }

  assert {
    condition = (
      local.environment["ASSUME_ROLE_EXTERNAL_ID"] == "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/external-id" &&
      [for s in jsondecode(output.policy).Statement : s.Resource if s.Sid == "ReadParameters"] == ["arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/external-id"]
    )
    error_message = "The function is told where the external id is kept, and may read it."
  }
}

run "both_in_one_function" {
  command = plan

  variables {
    schedule          = "cron(0 10 ? * MON-FRI *)"
    missing_run_hours = 74
  }

  assert {
    condition     = local.environment["AUDITS"] == "tags,watch"
    error_message = "The function is the audit of all instances too."
  }

  assert {
    condition     = one([for s in jsondecode(output.policy).Statement : [s.Action, s.Resource] if s.Sid == "ReadRegions"]) == ["ec2:DescribeRegions", "*"]
    error_message = "The audit of all instances asks which regions there are."
  }

  assert {
    condition     = contains(keys(output.alarm_arns), "missing")
    error_message = "There can be an alarm on missing runs."
  }
}

run "both_in_one_function_in_given_regions" {
  command = plan

  variables {
    schedule = "rate(1 day)"
    regions  = ["us-east-1"]
  }

  assert {
    condition     = !contains(jsondecode(output.policy).Statement[*].Sid, "ReadRegions")
    error_message = "Who is told the regions does not ask."
  }
}
