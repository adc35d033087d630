# A rule in each region that forwards the events of instances to one event bus. EventBridge has a region's events in that
# region only, and of all targets only another event bus may be in another region.

locals {
  # What the watch handles, and nothing else. As texts, as the two have no common type.
  event_patterns = {
    api_calls = jsonencode({
      source        = ["aws.ec2"]
      "detail-type" = ["AWS API Call via CloudTrail"]
      detail = {
        eventSource = ["ec2.amazonaws.com"]
        eventName   = ["RunInstances", "StartInstances", "CreateTags", "DeleteTags"]
      }
    })
    tag_changes = jsonencode({
      source        = ["aws.tag"]
      "detail-type" = ["Tag Change on Resource"]
      detail = {
        service         = ["ec2"]
        "resource-type" = ["instance"]
      }
    })
  }

  # Made from names, not taken from the resources, so that a plan shows the policies in full before anything exists.
  rule_arns = {
    for region in var.regions : region => "arn:${local.partition}:events:${region}:${local.account}:rule/${var.name}"
  }
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = var.regions

  region        = each.key
  name          = var.name
  description   = "Forwards events of instances to ${var.event_bus}."
  event_pattern = local.event_patterns[var.source_of_events]
  tags          = var.tags
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = aws_cloudwatch_event_rule.this

  region    = each.key
  rule      = each.value.name
  target_id = "watch"
  arn       = var.event_bus
  role_arn  = one(aws_iam_role.this).arn

  # What could not be forwarded for an hour is left to the next audit of all instances.
  retry_policy {
    maximum_retry_attempts       = 185
    maximum_event_age_in_seconds = 3600
  }

  # The first event must find its permission.
  depends_on = [aws_iam_role_policy.this]
}

data "aws_iam_policy_document" "trust" {
  count = length(var.regions) > 0 ? 1 : 0

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    # Or the service could be talked into using this role by somebody else's rule.
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = values(local.rule_arns)
    }
  }
}

data "aws_iam_policy_document" "this" {
  count = length(var.regions) > 0 ? 1 : 0

  statement {
    sid       = "Forward"
    actions   = ["events:PutEvents"]
    resources = [var.event_bus]
  }
}

resource "aws_iam_role" "this" {
  count = length(var.regions) > 0 ? 1 : 0

  name                 = "${var.name}-forward"
  path                 = var.role_path
  description          = "Lets the rules ${var.name} forward events of instances."
  assume_role_policy   = one(data.aws_iam_policy_document.trust).json
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy" "this" {
  count = length(var.regions) > 0 ? 1 : 0

  name   = "forward"
  role   = one(aws_iam_role.this).name
  policy = one(data.aws_iam_policy_document.this).json
}
