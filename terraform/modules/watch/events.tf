# Rules of EventBridge: about instances in this region, about those that are forwarded to the watch's own event bus, or
# about log files in the bucket.

locals {
  hears_of_instances = contains(["api_calls", "tag_changes"], var.source_of_events)
  has_event_bus      = local.hears_of_instances && (var.event_bus || length(var.forwarded_regions) > 0)

  event_bus_arn = "arn:${local.partition}:events:${local.region}:${local.account}:event-bus/${var.name}"

  # Of log files alone: what else CloudTrail writes is in folders of other names, CloudTrail-Digest and CloudTrail-Insight.
  log_file_pattern = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created"]
    detail = {
      bucket = { name = [local.trail_bucket] }
      object = { key = [{ wildcard = "${local.logs}*/CloudTrail/*.json.gz" }] }
    }
  })

  # Events of AWS arrive at the default bus of their region. Those that are forwarded have a bus of their own, so that no
  # other rule of this account sees them, and theirs is the only policy that is written.
  buses = merge(
    local.hears_of_instances || var.source_of_events == "bucket_eventbridge" ? { default = "default" } : {},
    local.has_event_bus ? { forwarded = var.name } : {},
  )

  rule_arns = [
    for key, bus in local.buses :
    "arn:${local.partition}:events:${local.region}:${local.account}:rule/${bus == "default" ? "" : "${bus}/"}${var.name}"
  ]
}

# Rules in other regions, and what all rules let through.
module "regions" {
  source = "../watch_regions"

  name             = var.name
  source_of_events = local.hears_of_instances ? var.source_of_events : "api_calls"
  regions          = var.forwarded_regions
  # By the name of the resource, so that the bus is there before the rules.
  event_bus = one([
    for bus in aws_cloudwatch_event_bus.this : "arn:${local.partition}:events:${local.region}:${local.account}:event-bus/${bus.name}"
  ])
  permissions_boundary = var.permissions_boundary
  role_path            = var.role_path
  tags                 = var.tags
}

resource "aws_cloudwatch_event_bus" "this" {
  count = local.has_event_bus ? 1 : 0

  name        = var.name
  description = "Events of instances in other regions and accounts, for ${var.name}."
  tags        = var.tags
}

data "aws_iam_policy_document" "event_bus" {
  count = local.has_event_bus ? 1 : 0

  statement {
    sid       = "Forward"
    actions   = ["events:PutEvents"]
    resources = [local.event_bus_arn]

    principals {
      type        = "AWS"
      identifiers = [for account in concat([local.account], sort(tolist(var.assume_role_accounts))) : "arn:${local.partition}:iam::${account}:root"]
    }

    # Only AWS itself can make events of this source: nobody in these accounts can invent one.
    condition {
      test     = "ForAllValues:StringEquals"
      variable = "events:source"
      values   = [jsondecode(module.regions.event_pattern).source[0]]
    }

    condition {
      test     = "Null"
      variable = "events:source"
      values   = ["false"]
    }
  }
}

resource "aws_cloudwatch_event_bus_policy" "this" {
  count = local.has_event_bus ? 1 : 0

  event_bus_name = one(aws_cloudwatch_event_bus.this).name
  policy         = one(data.aws_iam_policy_document.event_bus).json
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.buses

  name           = var.name
  description    = "Tells ${var.name} of ${local.hears_of_instances ? "instances" : "log files"}."
  event_bus_name = each.key == "default" ? "default" : one(aws_cloudwatch_event_bus.this).name
  event_pattern  = local.hears_of_instances ? module.regions.event_pattern : local.log_file_pattern
  tags           = var.tags
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = aws_cloudwatch_event_rule.this

  rule           = each.value.name
  event_bus_name = each.value.event_bus_name
  target_id      = "watch"
  arn            = local.queue_arn

  dead_letter_config {
    arn = local.dead_letter_queue_arn
  }

  # The first event must find its permission.
  depends_on = [aws_sqs_queue_policy.this, aws_sqs_queue_policy.dead_letters]
}
