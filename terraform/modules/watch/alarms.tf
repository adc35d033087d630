# Alarms about the queue. Those about the function are made with it.

locals {
  queue_alarms = var.alarms ? {
    "queue-age" = {
      description = "Messages in ${var.name} are not dealt with: the function is throttled, switched off, or fails again and again."
      queue       = aws_sqs_queue.this.name
      metric      = "ApproximateAgeOfOldestMessage"
      # The delay and two tries.
      threshold = var.queue_age_alarm_minutes == null ? local.delay_seconds + 2 * local.visibility_seconds : 60 * var.queue_age_alarm_minutes
    }
    "dead-letters" = {
      description = "Messages in ${var.name}-dead-letters failed every time, or could not be sent: nobody looked at these instances but the scheduled audit."
      queue       = aws_sqs_queue.dead_letters.name
      metric      = "ApproximateNumberOfMessagesVisible"
      threshold   = 1
    }
  } : {}
}

resource "aws_cloudwatch_metric_alarm" "queue" {
  for_each = local.queue_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/SQS"
  metric_name         = each.value.metric
  dimensions          = { QueueName = each.value.queue }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = 1
  # A queue in which nothing happens has no values.
  treat_missing_data = "notBreaching"
  alarm_actions      = var.alarm_topics
  ok_actions         = var.alarm_topics
  tags               = var.tags
}
