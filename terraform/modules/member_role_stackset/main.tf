data "aws_region" "current" {}

locals {
  # What the policy of modules/member_role has of the account stands as CloudFormation has it, which knows it only when the
  # stack is made. The tests compare the template with that policy.
  partition = "$${AWS::Partition}"
  account   = "$${AWS::AccountId}"

  template = "${path.module}/member-role.yaml"

  # All that the template has, and none of them hidden: Terraform would find a change in each plan.
  parameters = {
    Audit                = var.audit
    RoleName             = local.name
    RolePath             = var.path
    FunctionRoles        = join(",", sort(distinct(var.function_roles)))
    ExternalId           = local.external_id
    PermissionsBoundary  = var.permissions_boundary_name == null ? "" : var.permissions_boundary_name
    AuthorizationDetails = tostring(var.authorization_details)
    EnableAutoExpire     = tostring(var.enable_auto_expire)
    Inventory            = coalesce(trimspace(coalesce(var.inventory, " ")), "live")
    # A template cannot make ARNs of all paths in a list: these are of any account, as a denial may be.
    ProtectedUsers     = join(",", [for path in sort(distinct(var.protected_paths)) : "arn:${split(":", var.function_roles[0])[1]}:iam::*:user${path}*"])
    TagAction          = var.tag_action
    SettableTags       = join(",", local.tags_settable)
    ProtectExempt      = tostring(var.protect_exempt)
    OverrideProtection = tostring(var.override_protection)
    Regions            = join(",", flatten(local.tags_region_condition))
    OwnerLookup        = tostring(var.owner_lookup_seconds != 0)
  }
}

resource "aws_cloudformation_stack_set" "this" {
  name             = coalesce(var.stack_set_name, local.name)
  description      = "The role that lets Sleuth audit the ${var.audit == "keys" ? "access keys" : "tags of instances"} of each account."
  permission_model = "SERVICE_MANAGED"
  call_as          = var.delegated_administrator ? "DELEGATED_ADMIN" : "SELF"
  # The role has a name.
  capabilities  = ["CAPABILITY_NAMED_IAM"]
  template_body = file(local.template)
  parameters    = local.parameters
  tags          = var.tags

  auto_deployment {
    enabled = var.auto_deployment
    # A role in an account that has left would still trust the function.
    retain_stacks_on_account_removal = var.auto_deployment ? false : null
  }

  # Operations that do not touch the same stacks need not wait for each other.
  managed_execution {
    active = true
  }

  operation_preferences {
    failure_tolerance_percentage = var.failure_tolerance_percentage
    max_concurrent_percentage    = var.max_concurrent_percentage
  }

  lifecycle {
    # AWS names its own role here.
    ignore_changes = [administration_role_arn]

    precondition {
      condition     = alltrue([for key in local.tags_settable : !strcontains(key, ",") && key == trimspace(key)])
      error_message = "settable_tags are `${join(";", local.tags_settable)}`: a stack set takes no keys with commas, and none that begin or end with a blank. Let modules/member_role make the role."
    }
  }
}

resource "aws_cloudformation_stack_instances" "this" {
  stack_set_name = aws_cloudformation_stack_set.this.name
  call_as        = aws_cloudformation_stack_set.this.call_as
  # Roles are of all regions.
  regions = [data.aws_region.current.region]

  deployment_targets {
    organizational_unit_ids = var.org_units
    accounts                = length(var.exclude_accounts) > 0 ? var.exclude_accounts : null
    account_filter_type     = length(var.exclude_accounts) > 0 ? "DIFFERENCE" : null
  }

  operation_preferences {
    failure_tolerance_percentage = var.failure_tolerance_percentage
    max_concurrent_percentage    = var.max_concurrent_percentage
  }
}
