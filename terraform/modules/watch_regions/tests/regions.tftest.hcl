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
  values = { account_id = "210987654321" }
}

variables {
  regions   = ["eu-west-1", "us-east-1"]
  event_bus = "arn:aws:events:us-east-1:123456789012:event-bus/sleuth-watch"
}

run "api_calls_by_default" {
  command = plan

  assert {
    condition     = { for region, rule in aws_cloudwatch_event_rule.this : region => rule.region } == { "eu-west-1" = "eu-west-1", "us-east-1" = "us-east-1" }
    error_message = "There is a rule in each region."
  }

  assert {
    condition = alltrue([
      for rule in values(aws_cloudwatch_event_rule.this) : jsondecode(rule.event_pattern) == {
        source        = ["aws.ec2"]
        "detail-type" = ["AWS API Call via CloudTrail"]
        detail = {
          eventSource = ["ec2.amazonaws.com"]
          eventName   = ["RunInstances", "StartInstances", "CreateTags", "DeleteTags"]
        }
      }
    ])
    error_message = "The rules let through the calls that the watch handles, and no others."
  }

  assert {
    condition = alltrue([
      for region, target in aws_cloudwatch_event_target.this : target.region == region && target.rule == "sleuth-watch" && target.arn == var.event_bus
    ])
    error_message = "Each rule forwards to the bus."
  }

  assert {
    condition = jsondecode(one(aws_iam_role_policy.this).policy).Statement == [{
      Sid      = "Forward"
      Effect   = "Allow"
      Action   = "events:PutEvents"
      Resource = "arn:aws:events:us-east-1:123456789012:event-bus/sleuth-watch"
    }]
    error_message = "The role may send to this bus, and do nothing else."
  }

  assert {
    condition = (
      jsondecode(one(aws_iam_role.this).assume_role_policy).Statement[0].Principal == { Service = "events.amazonaws.com" } &&
      toset(jsondecode(one(aws_iam_role.this).assume_role_policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == toset(values(output.rule_arns))
    )
    error_message = "The role is for these rules only."
  }

  assert {
    condition = output.rule_arns == {
      "eu-west-1" = "arn:aws:events:eu-west-1:210987654321:rule/sleuth-watch"
      "us-east-1" = "arn:aws:events:us-east-1:210987654321:rule/sleuth-watch"
    }
    error_message = "The rules are those of this account."
  }
}

run "as_given" {
  command = plan

  variables {
    source_of_events     = "tag_changes"
    name                 = "tags"
    role_path            = "/audit/"
    permissions_boundary = "arn:aws:iam::210987654321:policy/bound"
    tags                 = { team = "security" }
  }

  assert {
    condition = jsondecode(output.event_pattern) == {
      source        = ["aws.tag"]
      "detail-type" = ["Tag Change on Resource"]
      detail        = { service = ["ec2"], "resource-type" = ["instance"] }
    }
    error_message = "The rules let through changes of instances' tags only."
  }

  assert {
    condition = (
      one(aws_iam_role.this).name == "tags-forward" &&
      one(aws_iam_role.this).path == "/audit/" &&
      one(aws_iam_role.this).permissions_boundary == var.permissions_boundary &&
      one(aws_iam_role.this).tags == tomap({ team = "security" }) &&
      alltrue([for rule in values(aws_cloudwatch_event_rule.this) : rule.name == "tags" && rule.tags == tomap({ team = "security" })])
    )
    error_message = "Names, path, boundary and tags are taken as given."
  }
}

run "no_regions" {
  command = plan

  variables {
    regions   = []
    event_bus = null
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.this) == 0 && length(aws_iam_role.this) == 0 && output.role_arn == null
    error_message = "Without regions nothing is made."
  }
}

# In GovCloud and in China events stay in their region, but may go to another account there.
run "same_region_in_another_partition" {
  command = plan

  variables {
    regions   = ["us-gov-west-1"]
    event_bus = "arn:aws-us-gov:events:us-gov-west-1:123456789012:event-bus/sleuth-watch"
  }

  assert {
    condition     = keys(aws_cloudwatch_event_rule.this) == ["us-gov-west-1"]
    error_message = "A region's events can be forwarded within it."
  }
}

run "another_region_in_another_partition" {
  command = plan

  variables {
    regions   = ["us-gov-east-1"]
    event_bus = "arn:aws-us-gov:events:us-gov-west-1:123456789012:event-bus/sleuth-watch"
  }

  expect_failures = [var.event_bus]
}

run "event_bus_missing" {
  command = plan

  variables {
    event_bus = null
  }

  expect_failures = [var.event_bus]
}

run "event_bus_no_arn" {
  command = plan

  variables {
    event_bus = "sleuth-watch"
  }

  expect_failures = [var.event_bus]
}

run "event_bus_of_another_service" {
  command = plan

  variables {
    event_bus = "arn:aws:sqs:us-east-1:123456789012:sleuth-watch"
  }

  expect_failures = [var.event_bus]
}

run "regions_no_regions" {
  command = plan

  variables {
    regions = ["Frankfurt"]
  }

  expect_failures = [var.regions]
}

run "source_of_log_files" {
  command = plan

  variables {
    source_of_events = "bucket_events"
  }

  expect_failures = [var.source_of_events]
}

run "name_too_long" {
  command = plan

  variables {
    name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }

  expect_failures = [var.name]
}

run "permissions_boundary_no_arn" {
  command = plan

  variables {
    permissions_boundary = "bound"
  }

  expect_failures = [var.permissions_boundary]
}

run "role_path_without_slashes" {
  command = plan

  variables {
    role_path = "audit"
  }

  expect_failures = [var.role_path]
}
