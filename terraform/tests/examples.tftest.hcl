# Examples that cannot be planned would be none. Nothing is made and AWS is not asked.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

# Of the organization's management account.
provider "aws" {
  alias                       = "management"
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

run "keys_slack" {
  command = plan

  module {
    source = "./examples/keys-slack"
  }

  variables {
    package          = "versions.tf"
    slack_url_secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:sleuth/slack-AbCdEf"
  }

  override_data {
    target = module.sleuth_keys.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth_keys.module.function.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  assert {
    condition = output.function_name == "sleuth-keys" && [
      for s in jsondecode(module.sleuth_keys.policy).Statement : s.Effect if contains(flatten([s.Action]), "iam:UpdateAccessKey")
    ] == ["Deny"]
    error_message = "The example deploys the function, and it may disable nothing."
  }
}

run "keys_sns" {
  command = plan

  module {
    source = "./examples/keys-sns"
  }

  variables {
    release            = "v1.0.0"
    release_repository = "larkspur/sleuth"
    release_sha256     = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    readers            = ["platform@larkspur.example"]
  }

  override_data {
    target = data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth_keys.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth_keys.module.function.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  assert {
    condition     = aws_sns_topic.reports.name == "sleuth-keys" && local.topic == "arn:aws:sns:us-east-1:123456789012:sleuth-keys"
    error_message = "The topic that is published to is the one that is made."
  }
}

run "tags" {
  command = plan

  module {
    source = "./examples/tags"
  }

  variables {
    package                = "versions.tf"
    slack_bot_token_secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sleuth/bot-AbCdEf"
    archive                = "s3://larkspur-reports/sleuth"
  }

  override_data {
    target = module.sleuth_tags.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth_tags.module.function.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  assert {
    condition     = output.function_name == "sleuth-tags" && module.rules.settable_tags == tolist(["Created", "Owner"])
    error_message = "The example deploys the function and its rules."
  }
}

run "watch" {
  command = plan

  module {
    source = "./examples/watch"
  }

  variables {
    package          = "versions.tf"
    slack_url_secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sleuth/slack-AbCdEf"
    alarm_topic      = "arn:aws:sns:eu-west-1:123456789012:ops"
  }

  override_data {
    target = module.sleuth_watch.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth_watch.module.function.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth_watch.module.regions.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  assert {
    condition = output.function_name == "sleuth-watch" && length([
      for action in flatten(jsondecode(module.sleuth_watch.policy).Statement[*].Action) : action if can(regex("^ec2:(Create|Stop|Terminate|Modify)", action))
    ]) == 0
    error_message = "The example deploys the function, and it may change nothing."
  }
}

run "everything" {
  command = plan

  module {
    source = "./examples/everything"
  }

  variables {
    release                = "v1.0.0"
    release_repository     = "larkspur/sleuth"
    keys_release_sha256    = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    tags_release_sha256    = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    slack_bot_token_secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sleuth/bot-AbCdEf"
    archive_bucket         = "larkspur-reports"
    operators              = ["platform@larkspur.example"]
  }

  override_data {
    target = data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.keys.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.keys.module.function.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.watch.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.watch.module.function.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.digest.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.digest.module.function.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.dashboard.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.watch.module.regions.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  assert {
    condition     = output.functions == ["sleuth-keys", "sleuth-watch", "sleuth-digest"] && module.sleuth.tags == null
    error_message = "Three functions are deployed, and nobody but the watch judges instances."
  }
}

run "everything_in_the_other_region" {
  command = plan

  module {
    source = "./examples/everything"
  }

  variables {
    region                 = "eu-west-1"
    release                = "v1.0.0"
    release_repository     = "larkspur/sleuth"
    keys_release_sha256    = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    tags_release_sha256    = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    slack_bot_token_secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sleuth/bot-AbCdEf"
    archive_bucket         = "larkspur-reports"
    operators              = ["platform@larkspur.example"]
  }

  override_data {
    target = data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.keys.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.keys.module.function.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.watch.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.watch.module.function.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.digest.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.digest.module.function.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.dashboard.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.watch.module.regions.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  # Providers that stand in for this one do not all know the region.
  override_data {
    target = module.sleuth.module.watch.data.aws_region.current
    values = {
      region = "eu-west-1"
    }
  }

  assert {
    condition     = module.sleuth.watch.event_bus_arn == null
    error_message = "A region that is the function's own is not forwarded from as well."
  }
}

run "organization" {
  command = plan

  module {
    source = "./examples/organization"
  }

  variables {
    management_role  = "arn:aws:iam::999988887777:role/deployment"
    organization_id  = "o-a1b2c3d4e5"
    root             = "r-ab12"
    package          = "versions.tf"
    slack_url_secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:sleuth/slack-AbCdEf"
    external_id      = "larkspur-7d1f"
    archive_bucket   = "larkspur-reports"
    alarm_topic      = "arn:aws:sns:us-east-1:123456789012:ops"
  }

  override_data {
    target = data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.sleuth.module.function.data.aws_caller_identity.current
    values = {
      account_id = "123456789012"
    }
  }

  override_data {
    target = module.management_role.data.aws_caller_identity.current
    values = {
      account_id = "999988887777"
    }
  }

  assert {
    condition = alltrue([
      jsondecode(module.management_role.trust_policy).Statement[0].Condition.ArnEquals["aws:PrincipalArn"] == ["arn:aws:iam::123456789012:role/sleuth-organization-keys"],
      module.member_roles.parameters["FunctionRoles"] == "arn:aws:iam::123456789012:role/sleuth-organization-keys",
      module.sleuth.function_name == "sleuth-organization-keys",
    ])
    error_message = "The roles trust the function, which has the name that they mean."
  }

  assert {
    condition     = module.sleuth.assume_role_name == module.member_roles.role_name && module.sleuth.assume_role_name == module.management_role.role_name
    error_message = "The function looks for the role by the name that it has everywhere."
  }

  assert {
    condition = [
      for policy in [module.sleuth.policy, module.management_role.policy, module.member_roles.policy] :
      [for s in jsondecode(policy).Statement : s.Effect if contains(flatten([s.Action]), "iam:UpdateAccessKey")]
    ] == [["Deny"], ["Deny"], ["Deny"]]
    error_message = "Nobody may disable anything."
  }
}
