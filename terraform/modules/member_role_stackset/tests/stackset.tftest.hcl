# Plans only: nothing is made and AWS is not asked, so these tests need no account.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_region.current
  values = {
    region = "us-east-1"
  }
}

variables {
  audit          = "keys"
  function_roles = ["arn:aws:iam::123456789012:role/sleuth-organization-keys"]
  org_units      = ["ou-ab12-11111111"]
}

run "nothing_set" {
  command = plan

  assert {
    condition = alltrue([
      aws_cloudformation_stack_set.this.name == "sleuth-member-keys",
      aws_cloudformation_stack_set.this.permission_model == "SERVICE_MANAGED",
      aws_cloudformation_stack_set.this.call_as == "SELF",
      aws_cloudformation_stack_set.this.capabilities == toset(["CAPABILITY_NAMED_IAM"]),
      aws_cloudformation_stack_set.this.auto_deployment[0].enabled,
      !aws_cloudformation_stack_set.this.auto_deployment[0].retain_stacks_on_account_removal,
    ])
    error_message = "The stack set deploys to accounts as they come, and takes the role away as they leave."
  }

  assert {
    condition = alltrue([
      aws_cloudformation_stack_instances.this.regions == toset(["us-east-1"]),
      aws_cloudformation_stack_instances.this.deployment_targets[0].organizational_unit_ids == toset(["ou-ab12-11111111"]),
      aws_cloudformation_stack_instances.this.deployment_targets[0].account_filter_type == null,
      aws_cloudformation_stack_instances.this.operation_preferences[0].failure_tolerance_percentage == 10,
    ])
    error_message = "All accounts of the units get one role."
  }

  assert {
    condition     = aws_cloudformation_stack_set.this.template_body == file("member-role.yaml") && length(aws_cloudformation_stack_set.this.template_body) <= 51200
    error_message = "The template is the file, and no larger than AWS takes."
  }
}

run "nothing_set_in_the_template" {
  command = plan

  module {
    source = "./tests/template"
  }

  variables {
    template   = "member-role.yaml"
    parameters = run.nothing_set.parameters
    holds      = ["HasDetails", "Keys"]
  }

  assert {
    condition     = output.parameters == keys(run.nothing_set.parameters)
    error_message = "The module sets every parameter, or Terraform would find a change in each plan."
  }

  assert {
    condition = output.statements == {
      for s in jsondecode(run.nothing_set.policy).Statement : s.Sid => {
        effect     = s.Effect
        actions    = sort(flatten([s.Action]))
        resources  = sort(flatten([s.Resource]))
        conditions = { for operator, keys in try(s.Condition, {}) : operator => { for key, values in keys : key => sort(flatten([values])) } }
      }
    }
    error_message = "The template allows what modules/member_role allows: read keys."
  }
}

run "keys_that_are_disabled" {
  command = plan

  variables {
    enable_auto_expire        = true
    inventory                 = "report"
    authorization_details     = false
    protected_paths           = ["/break-glass/", "/admins/"]
    external_id               = "larkspur-7d1f"
    permissions_boundary_name = "audit/boundary"
    path                      = "/audit/"
    name                      = "sleuth"
    exclude_accounts          = ["111122223333"]
    delegated_administrator   = true
    auto_deployment           = false
  }

  assert {
    condition = output.parameters == {
      Audit                = "keys"
      AuthorizationDetails = "false"
      EnableAutoExpire     = "true"
      ExternalId           = "larkspur-7d1f"
      FunctionRoles        = "arn:aws:iam::123456789012:role/sleuth-organization-keys"
      Inventory            = "report"
      OverrideProtection   = "false"
      OwnerLookup          = "true"
      PermissionsBoundary  = "audit/boundary"
      ProtectExempt        = "true"
      ProtectedUsers       = "arn:aws:iam::*:user/admins/*,arn:aws:iam::*:user/break-glass/*"
      Regions              = ""
      RoleName             = "sleuth"
      RolePath             = "/audit/"
      SettableTags         = ""
      TagAction            = "notify"
    }
    error_message = "The inputs are handed on."
  }

  assert {
    condition = alltrue([
      aws_cloudformation_stack_instances.this.deployment_targets[0].accounts == toset(["111122223333"]),
      aws_cloudformation_stack_instances.this.deployment_targets[0].account_filter_type == "DIFFERENCE",
      aws_cloudformation_stack_set.this.call_as == "DELEGATED_ADMIN",
      aws_cloudformation_stack_instances.this.call_as == "DELEGATED_ADMIN",
      !aws_cloudformation_stack_set.this.auto_deployment[0].enabled,
      output.role_name == "audit/sleuth",
    ])
    error_message = "Accounts can be left out, and a delegated administrator can deploy."
  }
}

run "keys_that_are_disabled_in_the_template" {
  command = plan

  module {
    source = "./tests/template"
  }

  variables {
    template   = "member-role.yaml"
    parameters = run.keys_that_are_disabled.parameters
    holds      = ["Keys", "KeysAreDisabled", "ReportIsRead", "UserTagsAreRead", "UsersAreListed", "UsersAreProtected"]
  }

  assert {
    condition = output.statements == {
      for s in jsondecode(run.keys_that_are_disabled.policy).Statement : s.Sid => {
        effect  = s.Effect
        actions = sort(flatten([s.Action]))
        # Who is protected is so in any account.
        resources  = sort([for one in flatten([s.Resource]) : s.Effect == "Deny" ? replace(replace(one, "$${AWS::Partition}", "aws"), "$${AWS::AccountId}", "*") : one])
        conditions = { for operator, keys in try(s.Condition, {}) : operator => { for key, values in keys : key => sort(flatten([values])) } }
      }
    }
    error_message = "The template allows what modules/member_role allows, and denies what it denies."
  }
}

run "tags_that_are_acted_on" {
  command = plan

  variables {
    audit               = "tags"
    tag_action          = "terminate"
    settable_tags       = ["Owner", "Code"]
    override_protection = true
    regions             = ["eu-west-1", "eu-central-1"]
    canary_tags         = "true"
  }

  assert {
    condition     = output.parameters["SettableTags"] == "Code,Owner,canary_timestamp" && output.parameters["Regions"] == "eu-central-1,eu-west-1"
    error_message = "Lists are handed on, with the tag that canaries get."
  }
}

run "tags_that_are_acted_on_in_the_template" {
  command = plan

  module {
    source = "./tests/template"
  }

  variables {
    template   = "member-role.yaml"
    parameters = run.tags_that_are_acted_on.parameters
    holds = [
      "ExemptAreProtected", "HasDetails", "HasRegions", "InstancesAreStopped", "InstancesAreTerminated", "OwnersAreLookedUp",
      "ProtectionIsSwitched", "StopsAreNarrowed", "Tags", "TagsAreSet",
    ]
  }

  assert {
    condition = output.statements == {
      for s in jsondecode(run.tags_that_are_acted_on.policy).Statement : s.Sid => {
        effect     = s.Effect
        actions    = sort(flatten([s.Action]))
        resources  = sort(flatten([s.Resource]))
        conditions = { for operator, keys in try(s.Condition, {}) : operator => { for key, values in keys : key => sort(flatten([values])) } }
      }
    }
    error_message = "The template allows what modules/member_role allows, under the same conditions."
  }

  assert {
    condition     = length(output.statements) == 5
    error_message = "All statements about tags are compared but that on regions, which are named here."
  }
}

run "tags_that_are_looked_at" {
  command = plan

  variables {
    audit                = "tags"
    owner_lookup_seconds = 0
  }
}

run "tags_that_are_looked_at_in_the_template" {
  command = plan

  module {
    source = "./tests/template"
  }

  variables {
    template   = "member-role.yaml"
    parameters = run.tags_that_are_looked_at.parameters
    holds      = ["ExemptAreProtected", "HasDetails", "RegionsAreRead", "StopsAreNarrowed", "Tags"]
  }

  assert {
    condition = output.statements == {
      for s in jsondecode(run.tags_that_are_looked_at.policy).Statement : s.Sid => {
        effect     = s.Effect
        actions    = sort(flatten([s.Action]))
        resources  = sort(flatten([s.Resource]))
        conditions = { for operator, keys in try(s.Condition, {}) : operator => { for key, values in keys : key => sort(flatten([values])) } }
      }
    }
    error_message = "The template allows what modules/member_role allows: read instances."
  }
}

# Settings that cannot be used are refused, each by its own variable.

run "no_units" {
  command = plan

  variables {
    org_units = []
  }

  expect_failures = [var.org_units]
}

run "wrong" {
  command = plan

  variables {
    stack_set_name               = "sleuth_member"
    org_units                    = ["production"]
    exclude_accounts             = ["ou-ab12-11111111"]
    failure_tolerance_percentage = 101
    max_concurrent_percentage    = 0
    permissions_boundary_name    = "arn:aws:iam::123456789012:policy/boundary"
  }

  expect_failures = [
    var.stack_set_name, var.org_units, var.exclude_accounts, var.failure_tolerance_percentage, var.max_concurrent_percentage,
    var.permissions_boundary_name,
  ]
}

run "name_that_is_none_for_a_stack_set" {
  command = plan

  variables {
    name = "sleuth_member"
  }

  expect_failures = [var.stack_set_name]
}

run "tag_with_a_comma" {
  command = plan

  variables {
    audit         = "tags"
    tag_action    = "repair"
    settable_tags = ["cost,center"]
  }

  expect_failures = [aws_cloudformation_stack_set.this]
}
