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
    account_id = "123456789012"
  }
}

variables {
  name        = "sleuth"
  description = "Tests."
  artifact    = "sleuth-keys"
  environment = { AUDITS = "keys" }
  policy      = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Sid\": \"Own\", \"Effect\": \"Allow\", \"Action\": \"iam:ListUsers\", \"Resource\": \"*\"}]}"

  package = "versions.tf"
}

run "failures_are_kept_and_told" {
  command = plan

  variables {
    missing_run_hours = 74
    alarm_topics      = ["arn:aws:sns:us-east-1:123456789012:alarms"]
  }

  assert {
    condition = alltrue([
      aws_sqs_queue.failed[0].name == "sleuth-failed",
      aws_sqs_queue.failed[0].message_retention_seconds == 1209600,
      aws_sqs_queue.failed[0].sqs_managed_sse_enabled,
    ])
    error_message = "Failed runs are kept for 14 days, encrypted."
  }

  assert {
    condition = (
      one(aws_lambda_function.this.dead_letter_config).target_arn == "arn:aws:sqs:us-east-1:123456789012:sleuth-failed" &&
      one(one(aws_lambda_function_event_invoke_config.this.destination_config).on_failure).destination == "arn:aws:sqs:us-east-1:123456789012:sleuth-failed"
    )
    error_message = "The queue is dead-letter queue and destination of failures."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 0
    error_message = "A failed run must not be repeated."
  }

  assert {
    condition = {
      for name, alarm in aws_cloudwatch_metric_alarm.this :
      name => [alarm.namespace, alarm.metric_name, alarm.dimensions, alarm.treat_missing_data]
      } == {
      errors    = ["AWS/Lambda", "Errors", tomap({ FunctionName = "sleuth" }), "notBreaching"]
      failed    = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", tomap({ QueueName = "sleuth-failed" }), "notBreaching"]
      missing   = ["AWS/Lambda", "Invocations", tomap({ FunctionName = "sleuth" }), "breaching"]
      throttles = ["AWS/Lambda", "Throttles", tomap({ FunctionName = "sleuth" }), "notBreaching"]
    }
    error_message = "Failed, throttled and missing runs and a filled queue are told."
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_metric_alarm.this["missing"].period == 3600,
      aws_cloudwatch_metric_alarm.this["missing"].evaluation_periods == 74,
      aws_cloudwatch_metric_alarm.this["missing"].comparison_operator == "LessThanThreshold",
      aws_cloudwatch_metric_alarm.this["missing"].threshold == 1,
    ])
    error_message = "Runs are missing if there was none in that many hours."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_actions == toset(var.alarm_topics) && alarm.ok_actions == toset(var.alarm_topics)
    ])
    error_message = "The topics are told when an alarm begins and ends."
  }
}

run "no_alarms" {
  command = plan

  variables {
    alarms            = false
    missing_run_hours = 74
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = "There are no alarms."
  }
}

run "nothing_is_kept" {
  command = plan

  variables {
    failure_queue = false
    schedule      = "rate(1 day)"
  }

  assert {
    condition = alltrue([
      length(aws_sqs_queue.failed) == 0,
      length(aws_lambda_function.this.dead_letter_config) == 0,
      length(aws_lambda_function_event_invoke_config.this.destination_config) == 0,
      length(one(aws_scheduler_schedule.this[0].target).dead_letter_config) == 0,
      output.failure_queue_arn == null,
    ])
    error_message = "There is no queue, and nobody is to fill it."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["errors", "throttles"])
    error_message = "There is no alarm about a queue that is not there, nor about missing runs."
  }

  assert {
    condition = (
      !strcontains(aws_iam_role_policy.function.policy, "sqs:") &&
      length(jsondecode(aws_iam_role_policy.scheduler[0].policy).Statement) == 1
    )
    error_message = "Nobody may fill a queue."
  }
}

run "another_place_for_failures" {
  command = plan

  variables {
    failure_queue               = false
    failure_destination         = "arn:aws:sns:eu-west-1:210987654321:failures"
    failure_destination_kms_key = "arn:aws:kms:eu-west-1:210987654321:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    schedule                    = "rate(1 day)"
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s if endswith(s.Sid, "Failures")] == [
      {
        Sid      = "ReportFailures"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = "arn:aws:sns:eu-west-1:210987654321:failures"
      },
      {
        Sid       = "EncryptFailures"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "arn:aws:kms:eu-west-1:210987654321:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        Condition = { StringEquals = { "kms:ViaService" = "sns.eu-west-1.amazonaws.com" } }
      },
    ]
    error_message = "The function may publish to that topic, and use its key through SNS."
  }

  assert {
    condition     = one(aws_lambda_function.this.dead_letter_config).target_arn == "arn:aws:sns:eu-west-1:210987654321:failures"
    error_message = "Failed runs go there."
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.scheduler[0].policy).Statement) == 1
    error_message = "The scheduler, which takes queues only, has nothing to do with it."
  }
}
