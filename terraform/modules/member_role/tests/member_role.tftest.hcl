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
    account_id = "210987654321"
  }
}

variables {
  audit          = "keys"
  function_roles = ["arn:aws:iam::123456789012:role/sleuth-organization-keys"]
}

run "keys" {
  command = plan

  assert {
    condition = { for s in jsondecode(output.policy).Statement : s.Sid => [toset(flatten([s.Action])), s.Resource] } == {
      ReadAccount = [toset(["iam:GetAccountAuthorizationDetails", "iam:GetAccountSummary", "iam:ListAccountAliases"]), "*"]
      ReadKeys    = [toset(["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"]), "arn:aws:iam::210987654321:user/*"]
    }
    error_message = "Without settings the role may only read keys."
  }

  assert {
    condition = jsondecode(output.trust_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Condition = {
        ArnEquals    = { "aws:PrincipalArn" = ["arn:aws:iam::123456789012:role/sleuth-organization-keys"] }
        StringEquals = { "sts:RoleSessionName" = "sleuth" }
      }
    }]
    error_message = "The role trusts the function's role, in the session that it opens."
  }

  assert {
    condition     = aws_iam_role.this.name == "sleuth-member-keys" && output.role_name == "sleuth-member-keys"
    error_message = "The role has the name that the function looks for by default."
  }
}

run "keys_that_are_disabled" {
  command = plan

  variables {
    enable_auto_expire    = true
    inventory             = "report"
    authorization_details = false
    protected_paths       = ["/admins/"]
  }

  assert {
    condition = { for s in jsondecode(output.policy).Statement : s.Sid => [s.Effect, toset(flatten([s.Action])), s.Resource] } == {
      ReadAccount = [
        "Allow",
        toset(["iam:GenerateCredentialReport", "iam:GetAccountSummary", "iam:GetCredentialReport", "iam:ListAccountAliases", "iam:ListUsers"]),
        "*",
      ]
      ReadKeys       = ["Allow", toset(["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:ListUserTags"]), "arn:aws:iam::210987654321:user/*"]
      ReadQuarantine = ["Allow", toset(["iam:ListEntitiesForPolicy"]), "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine*"]
      DisableKeys    = ["Allow", toset(["iam:UpdateAccessKey"]), "arn:aws:iam::210987654321:user/*"]
      ProtectUsers   = ["Deny", toset(["iam:UpdateAccessKey"]), "arn:aws:iam::210987654321:user/admins/*"]
    }
    error_message = "The role may do what the settings of the audit need, and nothing to protected users."
  }
}

run "tags" {
  command = plan

  variables {
    audit = "tags"
    path  = "/audit/"
    name  = "sleuth"
  }

  assert {
    condition = { for s in jsondecode(output.policy).Statement : s.Sid => [toset(flatten([s.Action])), s.Resource] } == {
      ReadRegions = [toset(["ec2:DescribeRegions"]), "*"]
      ReadAccount = [
        toset(["cloudtrail:LookupEvents", "ec2:DescribeInstances", "iam:GetAccountAuthorizationDetails", "iam:ListAccountAliases"]),
        "*",
      ]
    }
    error_message = "Without settings the role may only read instances."
  }

  assert {
    condition     = aws_iam_role.this.path == "/audit/" && output.role_name == "audit/sleuth"
    error_message = "The function is told the path with the name."
  }
}

run "tags_that_are_acted_on" {
  command = plan

  variables {
    audit               = "tags"
    tag_action          = "terminate"
    settable_tags       = ["Owner"]
    override_protection = true
    regions             = ["eu-west-1"]
    canary_tags         = "true"
  }

  assert {
    condition = { for s in jsondecode(output.policy).Statement : s.Sid => [toset(flatten([s.Action])), s.Resource] if s.Sid != "ReadAccount" } == {
      ReadProtection   = [toset(["ec2:DescribeInstanceAttribute"]), "arn:aws:ec2:*:210987654321:instance/*"]
      SetTags          = [toset(["ec2:CreateTags"]), "arn:aws:ec2:*:210987654321:instance/*"]
      StopInstances    = [toset(["ec2:StopInstances", "ec2:TerminateInstances"]), "arn:aws:ec2:*:210987654321:instance/*"]
      SwitchProtection = [toset(["ec2:ModifyInstanceAttribute"]), "arn:aws:ec2:*:210987654321:instance/*"]
    }
    error_message = "The role may do what tag_action needs, to instances of its account."
  }

  assert {
    condition = one([for s in jsondecode(output.policy).Statement : toset(s.Condition["ForAllValues:StringEqualsIgnoreCase"]["aws:TagKeys"]) if s.Sid == "SetTags"]) == toset([
      "Owner", "canary_timestamp",
    ])
    error_message = "The tags that may be set are named."
  }
}

run "asked_for" {
  command = plan

  variables {
    function_roles       = ["arn:aws:iam::123456789012:role/audit/sleuth", "arn:aws:iam::123456789012:role/operators"]
    external_id          = "larkspur-7d1f"
    permissions_boundary = "arn:aws:iam::210987654321:policy/boundary"
    tags                 = { application = "sleuth" }
  }

  assert {
    condition = one(jsondecode(output.trust_policy).Statement).Condition == {
      ArnEquals    = { "aws:PrincipalArn" = ["arn:aws:iam::123456789012:role/audit/sleuth", "arn:aws:iam::123456789012:role/operators"] }
      StringEquals = { "sts:RoleSessionName" = "sleuth", "sts:ExternalId" = "larkspur-7d1f" }
    }
    error_message = "Those who are named may assume the role, if they say the external id."
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == "arn:aws:iam::210987654321:policy/boundary" && aws_iam_role.this.tags == tomap({ application = "sleuth" })
    error_message = "Boundary and tags are those of the role."
  }
}

# Settings that cannot be used are refused, each by its own variable.

run "no_roles" {
  command = plan

  variables {
    function_roles = []
  }

  expect_failures = [var.function_roles]
}

run "everybody" {
  command = plan

  variables {
    audit                = "watch"
    name                 = "a/b"
    path                 = "audit"
    function_roles       = ["arn:aws:iam::123456789012:role/*"]
    external_id          = "x"
    permissions_boundary = "boundary"
  }

  expect_failures = [var.audit, var.name, var.path, var.function_roles, var.external_id, var.permissions_boundary]
}

run "roles_of_two_accounts" {
  command = plan

  variables {
    function_roles = ["arn:aws:iam::123456789012:role/sleuth", "arn:aws:iam::111122223333:role/sleuth"]
  }

  expect_failures = [var.function_roles]
}

run "repairs_of_nothing" {
  command = plan

  variables {
    audit      = "tags"
    tag_action = "repair"
  }

  expect_failures = [var.settable_tags]
}
