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
  values = { account_id = "123456789012" }
}

override_data {
  target = module.function.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.regions.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  # Any file will do: a plan does not upload it.
  package       = "versions.tf"
  required_tags = "created_by"
  timeout       = 180
}

# The queue, its mapping to the function, its alarms.

run "numbers_by_default" {
  command = plan

  assert {
    condition     = aws_sqs_queue.this.delay_seconds == 300
    error_message = "Messages wait for the default grace period, 5 minutes."
  }

  assert {
    condition     = aws_sqs_queue.this.visibility_timeout_seconds == 6 * 180 + 20
    error_message = "Messages are hidden for six times the timeout and the window, as AWS asks."
  }

  assert {
    condition     = aws_sqs_queue.this.message_retention_seconds == 4 * 86400 && aws_sqs_queue.dead_letters.message_retention_seconds == 14 * 86400
    error_message = "Messages are kept for 4 days, those that failed for 14."
  }

  assert {
    condition = jsondecode(aws_sqs_queue.this.redrive_policy) == {
      deadLetterTargetArn = "arn:aws:sqs:us-east-1:123456789012:sleuth-watch-dead-letters"
      maxReceiveCount     = 5
    }
    error_message = "What failed five times goes to the dead-letter queue."
  }

  assert {
    condition = jsondecode(aws_sqs_queue.dead_letters.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws:sqs:us-east-1:123456789012:sleuth-watch"]
    }
    error_message = "The dead-letter queue is this queue's only."
  }

  assert {
    condition = alltrue([
      for queue in [aws_sqs_queue.this, aws_sqs_queue.dead_letters] : queue.sqs_managed_sse_enabled && queue.kms_master_key_id == null
    ])
    error_message = "SQS encrypts both queues with a key of its own."
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.this.event_source_arn == "arn:aws:sqs:us-east-1:123456789012:sleuth-watch" &&
      aws_lambda_event_source_mapping.this.function_name == "sleuth-watch" &&
      toset(aws_lambda_event_source_mapping.this.function_response_types) == toset(["ReportBatchItemFailures"]) &&
      one(aws_lambda_event_source_mapping.this.scaling_config).maximum_concurrency == 2 &&
      aws_lambda_event_source_mapping.this.batch_size == 10 &&
      aws_lambda_event_source_mapping.this.maximum_batching_window_in_seconds == 20
    )
    error_message = "The function reports which messages failed, and two of it run side by side at most."
  }

  assert {
    condition = (
      keys(aws_cloudwatch_metric_alarm.queue) == ["dead-letters", "queue-age"] &&
      aws_cloudwatch_metric_alarm.queue["queue-age"].metric_name == "ApproximateAgeOfOldestMessage" &&
      aws_cloudwatch_metric_alarm.queue["queue-age"].dimensions == tomap({ QueueName = "sleuth-watch" }) &&
      aws_cloudwatch_metric_alarm.queue["queue-age"].threshold == 300 + 2 * 1100 &&
      aws_cloudwatch_metric_alarm.queue["dead-letters"].metric_name == "ApproximateNumberOfMessagesVisible" &&
      aws_cloudwatch_metric_alarm.queue["dead-letters"].dimensions == tomap({ QueueName = "sleuth-watch-dead-letters" }) &&
      aws_cloudwatch_metric_alarm.queue["dead-letters"].threshold == 1
    )
    error_message = "There are alarms on messages that wait for too long, and on those that failed every time."
  }

  assert {
    condition     = toset(keys(output.alarm_arns)) == toset(["dead-letters", "errors", "failed", "queue-age", "throttles"])
    error_message = "All alarms are outputs, and none is on missing runs."
  }
}

run "numbers_as_given" {
  command = plan

  variables {
    grace_minutes              = 10
    timeout                    = 300
    queue_batch_size           = 50
    queue_batch_window_seconds = 60
    queue_maximum_concurrency  = 4
    reserved_concurrency       = 4
    queue_max_receive_count    = 3
    queue_retention_days       = 13
    queue_age_alarm_minutes    = 30
    queue_kms_key              = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    alarm_topics               = ["arn:aws:sns:us-east-1:123456789012:ops"]
    name                       = "watch"
    tags                       = { team = "security" }
  }

  assert {
    condition = alltrue([
      aws_sqs_queue.this.delay_seconds == 600,
      aws_sqs_queue.this.visibility_timeout_seconds == 1860,
      aws_sqs_queue.this.message_retention_seconds == 13 * 86400,
      jsondecode(aws_sqs_queue.this.redrive_policy).maxReceiveCount == 3,
      aws_lambda_event_source_mapping.this.batch_size == 50,
      aws_lambda_event_source_mapping.this.maximum_batching_window_in_seconds == 60,
      one(aws_lambda_event_source_mapping.this.scaling_config).maximum_concurrency == 4,
      aws_cloudwatch_metric_alarm.queue["queue-age"].threshold == 1800,
    ])
    error_message = "The queue's numbers are taken as given, and the delay follows grace_minutes."
  }

  assert {
    condition = alltrue([
      for queue in [aws_sqs_queue.this, aws_sqs_queue.dead_letters] :
      queue.kms_master_key_id == var.queue_kms_key && queue.sqs_managed_sse_enabled != true
    ])
    error_message = "The key encrypts both queues."
  }

  assert {
    condition = (
      toset(jsondecode(output.queue_key_policy).Statement[0].Action) == toset(["kms:Decrypt", "kms:GenerateDataKey"]) &&
      jsondecode(output.queue_key_policy).Statement[0].Principal == { Service = "events.amazonaws.com" }
    )
    error_message = "What the key's policy has to have is an output."
  }

  assert {
    condition = alltrue([
      for alarm in values(aws_cloudwatch_metric_alarm.queue) :
      toset(alarm.alarm_actions) == toset(var.alarm_topics) && toset(alarm.ok_actions) == toset(var.alarm_topics) && alarm.treat_missing_data == "notBreaching"
    ])
    error_message = "Topics are told of alarms; a queue in which nothing happens is no alarm."
  }

  assert {
    condition = alltrue([
      aws_sqs_queue.this.name == "watch",
      aws_sqs_queue.dead_letters.name == "watch-dead-letters",
      aws_cloudwatch_event_rule.this["default"].name == "watch",
      aws_cloudwatch_metric_alarm.queue["queue-age"].alarm_name == "watch-queue-age",
      output.function_name == "watch",
    ])
    error_message = "Everything goes by the given name."
  }

  assert {
    condition = alltrue([for tags in [
      aws_sqs_queue.this.tags,
      aws_sqs_queue.dead_letters.tags,
      aws_cloudwatch_event_rule.this["default"].tags,
      aws_cloudwatch_metric_alarm.queue["queue-age"].tags,
      aws_lambda_event_source_mapping.this.tags,
    ] : tags == tomap({ team = "security" })])
    error_message = "Everything that can be is tagged."
  }
}

run "delay_of_its_own" {
  command = plan

  variables {
    grace_minutes       = 0
    queue_delay_seconds = 150
  }

  assert {
    condition     = aws_sqs_queue.this.delay_seconds == 150
    error_message = "The delay goes before the grace period."
  }
}

run "least_delay" {
  command = plan

  variables {
    grace_minutes = 0
  }

  assert {
    condition     = aws_sqs_queue.this.delay_seconds == 120
    error_message = "Two minutes are the least, which the program waits whatever it is told."
  }
}

# SQS gives no more than 15 minutes: people are warned that launches are left to the scheduled audit.
run "grace_longer_than_any_delay" {
  command = plan

  variables {
    grace_minutes = 16
  }

  expect_failures = [check.grace]

  assert {
    condition     = aws_sqs_queue.this.delay_seconds == 900
    error_message = "The delay is the most SQS gives."
  }
}

run "delay_shorter_than_the_least_grace" {
  command = plan

  variables {
    grace_minutes       = 1
    queue_delay_seconds = 119
  }

  expect_failures = [check.grace]
}

run "delay_shorter_than_grace" {
  command = plan

  variables {
    queue_delay_seconds = 299
  }

  expect_failures = [check.grace]
}

run "no_alarms" {
  command = plan

  variables {
    alarms = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.queue) == 0 && length(output.alarm_arns) == 0
    error_message = "Alarms can be left out."
  }
}
