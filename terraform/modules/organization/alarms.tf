# Alarms on the state machine. Those on the function are made with it.

locals {
  run_alarms = {
    for name, alarm in {
      executions-failed = {
        when        = true
        description = "A run of ${local.name} failed: it could not read, do or deliver everything. Its execution and the report say what."
        metric      = "ExecutionsFailed"
        comparison  = "GreaterThanThreshold"
        threshold   = 0
        period      = 300
        periods     = 1
        missing     = "notBreaching"
      }
      executions-timed-out = {
        when        = true
        description = "A run of ${local.name} took longer than it may: nobody was told what it did."
        metric      = "ExecutionsTimedOut"
        comparison  = "GreaterThanThreshold"
        threshold   = 0
        period      = 300
        periods     = 1
        missing     = "notBreaching"
      }
      executions-aborted = {
        when        = true
        description = "Somebody stopped a run of ${local.name}: nobody was told what it did."
        metric      = "ExecutionsAborted"
        comparison  = "GreaterThanThreshold"
        threshold   = 0
        period      = 300
        periods     = 1
        missing     = "notBreaching"
      }
      missing = {
        # What nobody starts is never missing.
        when        = var.schedule != null && var.missing_run_hours != null
        description = "${local.name} did not run for ${coalesce(var.missing_run_hours, 0)} hours. A new one is in this alarm until its first run."
        metric      = "ExecutionsStarted"
        comparison  = "LessThanThreshold"
        threshold   = 1
        # Hours, as an alarm with shorter periods looks back one day only, with these seven.
        period  = 3600
        periods = var.missing_run_hours
        # A state machine that does not run has no metrics.
        missing = "breaching"
      }
    } : name => alarm if var.alarms && alarm.when
  }
}

resource "aws_cloudwatch_metric_alarm" "runs" {
  for_each = local.run_alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/States"
  metric_name         = each.value.metric
  dimensions          = { StateMachineArn = local.state_machine_arn }
  statistic           = "Sum"
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  tags                = var.tags
}
