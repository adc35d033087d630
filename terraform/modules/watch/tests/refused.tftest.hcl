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

# Settings that cannot be used are refused, each by its own variable.

run "name_with_space" {
  command = plan

  variables {
    name = "sleuth watch"
  }

  expect_failures = [var.name]
}

run "name_too_long" {
  command = plan

  variables {
    name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }

  expect_failures = [var.name]
}

run "source_unknown" {
  command = plan

  variables {
    source_of_events = "sqs"
  }

  expect_failures = [var.source_of_events]
}

run "settle_seconds_below_zero" {
  command = plan

  variables {
    settle_seconds = -1
  }

  expect_failures = [var.settle_seconds]
}

run "settle_seconds_in_part" {
  command = plan

  variables {
    settle_seconds = 0.5
  }

  expect_failures = [var.settle_seconds]
}

run "settle_seconds_above_most" {
  command = plan

  variables {
    settle_seconds = 901
    timeout        = 900
  }

  expect_failures = [var.settle_seconds]
}

run "settle_seconds_too_long_for_timeout" {
  command = plan

  variables {
    settle_seconds = 61
  }

  expect_failures = [var.settle_seconds]
}

run "timeout_too_short_for_default_settle_seconds" {
  command = plan

  variables {
    timeout = 179
  }

  expect_failures = [var.settle_seconds]
}

run "assume_role_name_no_name" {
  command = plan

  variables {
    assume_role_name     = "arn:aws:iam::210987654321:role/sleuth"
    assume_role_accounts = ["210987654321"]
  }

  expect_failures = [var.assume_role_name]
}

run "assume_role_name_alone" {
  command = plan

  variables {
    assume_role_name = "sleuth"
  }

  expect_failures = [var.assume_role_name]
}

run "external_id_without_role" {
  command = plan

  variables {
    assume_role_external_id = "larkspur-7d1f"
  }

  expect_failures = [var.assume_role_name]
}

run "assume_role_name_any" {
  command = plan

  variables {
    assume_role_name     = "sleuth*"
    assume_role_accounts = ["210987654321"]
  }

  expect_failures = [var.assume_role_name]
}

run "accounts_alone" {
  command = plan

  variables {
    assume_role_accounts = ["210987654321"]
  }

  expect_failures = [var.assume_role_name]
}

run "accounts_no_ids" {
  command = plan

  variables {
    assume_role_name     = "sleuth"
    assume_role_accounts = ["production"]
  }

  expect_failures = [var.assume_role_accounts]
}

run "schedule_without_parentheses" {
  command = plan

  variables {
    schedule = "0 10 ? * MON-FRI *"
  }

  expect_failures = [var.schedule]
}

run "missing_run_hours_without_schedule" {
  command = plan

  variables {
    missing_run_hours = 74
  }

  expect_failures = [var.missing_run_hours]
}

run "delay_seconds_below_zero" {
  command = plan

  variables {
    queue_delay_seconds = -1
  }

  expect_failures = [var.queue_delay_seconds]
}

run "delay_seconds_above_what_sqs_gives" {
  command = plan

  variables {
    queue_delay_seconds = 901
  }

  expect_failures = [var.queue_delay_seconds]
}

run "delay_seconds_in_part" {
  command = plan

  variables {
    queue_delay_seconds = 300.5
  }

  expect_failures = [var.queue_delay_seconds]
}

run "batch_size_none" {
  command = plan

  variables {
    queue_batch_size = 0
  }

  expect_failures = [var.queue_batch_size]
}

run "batch_size_above_most" {
  command = plan

  variables {
    queue_batch_size = 10001
  }

  expect_failures = [var.queue_batch_size]
}

run "batch_size_without_window" {
  command = plan

  variables {
    queue_batch_size           = 11
    queue_batch_window_seconds = 0
  }

  expect_failures = [var.queue_batch_size]
}

run "batch_window_seconds_above_most" {
  command = plan

  variables {
    queue_batch_window_seconds = 301
  }

  expect_failures = [var.queue_batch_window_seconds]
}

run "batch_window_seconds_below_zero" {
  command = plan

  variables {
    queue_batch_window_seconds = -1
  }

  expect_failures = [var.queue_batch_window_seconds]
}

run "maximum_concurrency_below_least" {
  command = plan

  variables {
    queue_maximum_concurrency = 1
  }

  expect_failures = [var.queue_maximum_concurrency]
}

run "maximum_concurrency_above_most" {
  command = plan

  variables {
    queue_maximum_concurrency = 1001
  }

  expect_failures = [var.queue_maximum_concurrency]
}

run "maximum_concurrency_above_reserved" {
  command = plan

  variables {
    reserved_concurrency = 1
  }

  expect_failures = [var.queue_maximum_concurrency]
}

run "maximum_concurrency_leaves_no_room_for_schedule" {
  command = plan

  variables {
    schedule             = "rate(1 day)"
    reserved_concurrency = 2
  }

  expect_failures = [var.queue_maximum_concurrency]
}

run "max_receive_count_none" {
  command = plan

  variables {
    queue_max_receive_count = 0
  }

  expect_failures = [var.queue_max_receive_count]
}

run "max_receive_count_above_most" {
  command = plan

  variables {
    queue_max_receive_count = 1001
  }

  expect_failures = [var.queue_max_receive_count]
}

run "queue_retention_days_none" {
  command = plan

  variables {
    queue_retention_days = 0
  }

  expect_failures = [var.queue_retention_days]
}

run "queue_retention_days_as_long_as_of_dead_letters" {
  command = plan

  variables {
    queue_retention_days = 14
  }

  expect_failures = [var.queue_retention_days]
}

run "queue_kms_key_alias" {
  command = plan

  variables {
    queue_kms_key = "arn:aws:kms:us-east-1:123456789012:alias/watch"
  }

  expect_failures = [var.queue_kms_key]
}

run "queue_age_alarm_minutes_none" {
  command = plan

  variables {
    queue_age_alarm_minutes = 0
    grace_minutes           = 2
  }

  expect_failures = [var.queue_age_alarm_minutes]
}

run "queue_age_alarm_minutes_within_delay" {
  command = plan

  variables {
    queue_age_alarm_minutes = 5
  }

  expect_failures = [var.queue_age_alarm_minutes]
}

run "other_regions_no_regions" {
  command = plan

  variables {
    forwarded_regions = ["Frankfurt"]
  }

  expect_failures = [var.forwarded_regions]
}

run "other_regions_with_that_of_the_watch" {
  command = plan

  variables {
    forwarded_regions = ["us-east-1"]
  }

  expect_failures = [var.forwarded_regions]
}

run "other_regions_with_log_files" {
  command = plan

  variables {
    forwarded_regions = ["eu-west-1"]
    source_of_events  = "bucket_events"
    trail_bucket      = "logs"
  }

  expect_failures = [var.forwarded_regions]
}

run "event_bus_with_log_files" {
  command = plan

  variables {
    event_bus        = true
    source_of_events = "bucket_events"
    trail_bucket     = "logs"
  }

  expect_failures = [var.event_bus]
}

run "create_trail_without_bucket" {
  command = plan

  variables {
    create_trail = true
  }

  expect_failures = [var.create_trail]
}

run "trail_name_too_short" {
  command = plan

  variables {
    create_trail = true
    trail_bucket = "logs"
    trail_name   = "ab"
  }

  expect_failures = [var.trail_name]
}

run "trail_name_of_an_existing_trail" {
  command = plan

  variables {
    trail_name = "main"
  }

  expect_failures = [var.trail_name]
}

run "trail_arn_no_arn" {
  command = plan

  variables {
    trail_arn = "main"
  }

  expect_failures = [var.trail_arn]
}

run "trail_arn_and_create_trail" {
  command = plan

  variables {
    trail_arn    = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main"
    create_trail = true
    trail_bucket = "logs"
  }

  expect_failures = [var.trail_arn]
}

run "new_bucket_for_no_trail" {
  command = plan

  variables {
    create_trail_bucket = true
  }

  expect_failures = [var.trail_arn]
}

run "new_topic_for_no_trail" {
  command = plan

  variables {
    source_of_events   = "trail_topic"
    trail_bucket       = "logs"
    create_trail_topic = true
  }

  expect_failures = [var.trail_arn]
}

run "organization_id_no_id" {
  command = plan

  variables {
    organization_id = "123456789012"
  }

  expect_failures = [var.organization_id]
}

run "management_account_no_id" {
  command = plan

  variables {
    management_account = "main"
    organization_id    = "o-a1b2c3d4e5"
    create_trail       = true
    trail_bucket       = "logs"
  }

  expect_failures = [var.management_account]
}

run "management_account_without_organization" {
  command = plan

  variables {
    management_account = "210987654321"
    create_trail       = true
    trail_bucket       = "logs"
  }

  expect_failures = [var.management_account]
}

run "trail_bucket_no_name" {
  command = plan

  variables {
    trail_bucket = "arn:aws:s3:::logs"
  }

  expect_failures = [var.trail_bucket]
}

run "log_files_without_bucket" {
  command = plan

  variables {
    source_of_events = "bucket_events"
  }

  expect_failures = [var.trail_bucket]
}

run "topic_without_bucket" {
  command = plan

  variables {
    source_of_events = "trail_topic"
    trail_topic      = "arn:aws:sns:us-east-1:123456789012:trail"
  }

  expect_failures = [var.trail_bucket]
}

run "trail_bucket_of_too_long_a_name" {
  command = plan

  variables {
    create_trail        = true
    create_trail_bucket = true
    name                = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }

  expect_failures = [var.trail_bucket]
}

run "trail_bucket_account_no_id" {
  command = plan

  variables {
    source_of_events     = "bucket_events"
    trail_bucket         = "logs"
    trail_bucket_account = "logs"
  }

  expect_failures = [var.trail_bucket_account]
}

run "trail_bucket_account_of_a_new_bucket" {
  command = plan

  variables {
    create_trail         = true
    create_trail_bucket  = true
    trail_bucket_account = "210987654321"
  }

  expect_failures = [var.trail_bucket_account]
}

run "trail_bucket_account_by_eventbridge" {
  command = plan

  variables {
    source_of_events     = "bucket_eventbridge"
    trail_bucket         = "logs"
    trail_bucket_account = "210987654321"
  }

  expect_failures = [var.trail_bucket_account]
}

run "trail_prefix_with_slash_at_its_end" {
  command = plan

  variables {
    trail_prefix = "trails/"
  }

  expect_failures = [var.trail_prefix]
}

run "trail_prefix_any" {
  command = plan

  variables {
    trail_prefix = "*"
  }

  expect_failures = [var.trail_prefix]
}

run "trail_retention_days_below_zero" {
  command = plan

  variables {
    trail_retention_days = -1
  }

  expect_failures = [var.trail_retention_days]
}

run "overwrite_policy_of_no_bucket" {
  command = plan

  variables {
    overwrite_trail_bucket_policy = true
    trail_arn                     = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main"
  }

  expect_failures = [var.overwrite_trail_bucket_policy]
}

run "overwrite_policy_for_no_trail" {
  command = plan

  variables {
    overwrite_trail_bucket_policy = true
    trail_bucket                  = "logs"
  }

  expect_failures = [var.overwrite_trail_bucket_policy]
}

run "overwrite_policy_of_another_account" {
  command = plan

  variables {
    overwrite_trail_bucket_policy = true
    trail_bucket                  = "logs"
    trail_bucket_account          = "210987654321"
    trail_arn                     = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main"
  }

  expect_failures = [var.overwrite_trail_bucket_policy]
}

run "overwrite_notification_of_no_bucket" {
  command = plan

  variables {
    overwrite_trail_bucket_notification = true
    source_of_events                    = "bucket_events"
    create_trail                        = true
    create_trail_bucket                 = true
  }

  expect_failures = [var.overwrite_trail_bucket_notification]
}

run "overwrite_notification_for_nothing" {
  command = plan

  variables {
    overwrite_trail_bucket_notification = true
    trail_bucket                        = "logs"
  }

  expect_failures = [var.overwrite_trail_bucket_notification]
}

run "overwrite_notification_of_another_account" {
  command = plan

  variables {
    overwrite_trail_bucket_notification = true
    source_of_events                    = "bucket_events"
    trail_bucket                        = "logs"
    trail_bucket_account                = "210987654321"
  }

  expect_failures = [var.overwrite_trail_bucket_notification]
}

run "create_trail_kms_key_without_trail" {
  command = plan

  variables {
    create_trail_kms_key = true
  }

  expect_failures = [var.create_trail_kms_key]
}

run "trail_kms_key_alias" {
  command = plan

  variables {
    trail_kms_key = "arn:aws:kms:us-east-1:123456789012:alias/watch"
  }

  expect_failures = [var.trail_kms_key]
}

run "trail_kms_key_twice" {
  command = plan

  variables {
    trail_kms_key        = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    create_trail_kms_key = true
    create_trail         = true
    trail_bucket         = "logs"
  }

  expect_failures = [var.trail_kms_key]
}

run "create_topic_for_nothing" {
  command = plan

  variables {
    create_trail_topic = true
    create_trail       = true
    trail_bucket       = "logs"
  }

  expect_failures = [var.create_trail_topic]
}

run "topic_no_arn" {
  command = plan

  variables {
    source_of_events = "trail_topic"
    trail_bucket     = "logs"
    trail_topic      = "trail"
  }

  expect_failures = [var.trail_topic]
}

run "topic_fifo" {
  command = plan

  variables {
    source_of_events = "trail_topic"
    trail_bucket     = "logs"
    trail_topic      = "arn:aws:sns:us-east-1:123456789012:trail.fifo"
  }

  expect_failures = [var.trail_topic]
}

run "topic_for_nothing" {
  command = plan

  variables {
    trail_topic = "arn:aws:sns:us-east-1:123456789012:trail"
  }

  expect_failures = [var.trail_topic]
}

run "topic_missing" {
  command = plan

  variables {
    source_of_events = "trail_topic"
    trail_bucket     = "logs"
  }

  expect_failures = [var.trail_topic]
}

run "topic_twice" {
  command = plan

  variables {
    source_of_events   = "trail_topic"
    trail_bucket       = "logs"
    create_trail       = true
    create_trail_topic = true
    trail_topic        = "arn:aws:sns:us-east-1:123456789012:trail"
  }

  expect_failures = [var.trail_topic]
}

run "topic_kms_key_alias" {
  command = plan

  variables {
    source_of_events    = "trail_topic"
    trail_bucket        = "logs"
    create_trail        = true
    create_trail_topic  = true
    trail_topic_kms_key = "arn:aws:kms:us-east-1:123456789012:alias/aws/sns"
  }

  expect_failures = [var.trail_topic_kms_key]
}

run "topic_kms_key_alone" {
  command = plan

  variables {
    trail_topic_kms_key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  expect_failures = [var.trail_topic_kms_key]
}

run "overwrite_policy_of_no_topic" {
  command = plan

  variables {
    overwrite_trail_topic_policy = true
    trail_arn                    = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main"
  }

  expect_failures = [var.overwrite_trail_topic_policy]
}

run "overwrite_policy_of_topic_for_no_trail" {
  command = plan

  variables {
    overwrite_trail_topic_policy = true
    source_of_events             = "trail_topic"
    trail_bucket                 = "logs"
    trail_topic                  = "arn:aws:sns:us-east-1:123456789012:trail"
  }

  expect_failures = [var.overwrite_trail_topic_policy]
}
