data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region

  # A row of the dashboard is one thing that people ask, and has two halves.
  instances = {
    now  = ["InstancesInViolation", "InstancesUnknown", "InstancesInGrace", "InstancesExempt", "InstancesCompliant"]
    done = ["Notified", "Repaired", "Stopped", "Terminated", "Failed", "Held", "Brake"]
  }
  counts = {
    keys = {
      title = "Access keys"
      now   = ["KeysExpired", "KeysOld", "KeysStagnant", "KeysUnknown", "KeysExempt", "KeysGood"]
      done  = ["Warned", "Disabled", "Failed", "Held", "Alerts", "Brake"]
    }
    tags  = merge(local.instances, { title = "EC2 instances" })
    watch = merge(local.instances, { title = "EC2 instances that the watch looked at" })
  }

  # Only the watch looks at other accounts.
  accounts = {
    for audit in ["keys", "tags", "watch"] :
    audit => concat([data.aws_caller_identity.current.account_id], audit == "watch" ? var.accounts : [])
  }

  graphs = concat(
    flatten([
      for audit in var.audits : [
        for half, what in { now = "how they are", done = "what was done" } : {
          title                 = "${local.counts[audit].title}: ${what}"
          # An audit counts all there are in every run, the watch each time those it looked at.
          stat = audit == "watch" || half == "done" ? "Sum" : "Maximum"
          metrics = [
            for pair in setproduct(local.accounts[audit], local.counts[audit][half]) :
            ["Sleuth", pair[1], "Account", pair[0], "Audit", audit]
          ]
        }
      ]
    ]),
    [
      {
        title = "What could not be read, done or delivered"
        stat  = "Sum"
        metrics = flatten([
          for audit in var.audits : [
            for pair in setproduct(local.accounts[audit], ["Errors", "Undelivered"]) :
            { of = ["Sleuth", pair[1], "Account", pair[0], "Audit", audit] }
          ]
        ])[*].of
      },
      {
        title = "Runs"
        stat  = "Sum"
        metrics = flatten([
          for function in var.functions : [
            for metric in ["Invocations", "Errors", "Throttles"] :
            { of = ["AWS/Lambda", metric, "FunctionName", function] }
          ]
        ])[*].of
      },
    ],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [
      for index, graph in local.graphs : {
        type   = "metric"
        x      = 12 * (index % 2)
        y      = 6 * floor(index / 2)
        width  = 12
        height = 6
        properties = {
          title   = graph.title
          view    = "timeSeries"
          region  = local.region
          stat    = graph.stat
          period  = 86400
          metrics = graph.metrics
        }
      }
    ]
  })
}
