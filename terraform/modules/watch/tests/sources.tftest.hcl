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

# Where events come from: which resources there are, what a rule lets through, and who may send to the queue.

run "api_calls_by_default" {
  command = plan

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this["default"].event_pattern) == {
      source        = ["aws.ec2"]
      "detail-type" = ["AWS API Call via CloudTrail"]
      detail = {
        eventSource = ["ec2.amazonaws.com"]
        eventName   = ["RunInstances", "StartInstances", "CreateTags", "DeleteTags"]
      }
    }
    error_message = "The rule lets through the calls that the watch handles, and no others."
  }

  assert {
    condition     = keys(aws_cloudwatch_event_rule.this) == ["default"] && aws_cloudwatch_event_rule.this["default"].event_bus_name == "default"
    error_message = "There is one rule, on the bus that AWS's events arrive at."
  }

  assert {
    condition = (
      aws_cloudwatch_event_target.this["default"].arn == "arn:aws:sqs:us-east-1:123456789012:sleuth-watch" &&
      aws_cloudwatch_event_target.this["default"].role_arn == null &&
      one(aws_cloudwatch_event_target.this["default"].dead_letter_config).arn == "arn:aws:sqs:us-east-1:123456789012:sleuth-watch-dead-letters"
    )
    error_message = "The rule sends to the queue, by the queue's policy, and what it cannot send to the dead-letter queue."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.this.policy).Statement[0] == {
      Sid       = "RuleSends"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:us-east-1:123456789012:sleuth-watch"
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:events:us-east-1:123456789012:rule/sleuth-watch" } }
    }
    error_message = "Only the rule may send to the queue."
  }

  assert {
    condition = alltrue([
      for queue, policy in {
        "sleuth-watch"              = jsondecode(aws_sqs_queue_policy.this.policy)
        "sleuth-watch-dead-letters" = jsondecode(aws_sqs_queue_policy.dead_letters.policy)
      } :
      length(policy.Statement) == 2 && [for key in ["Sid", "Effect", "Action", "Resource", "Condition"] : policy.Statement[1][key]] == [
        "TlsOnly", "Deny", "sqs:*", "arn:aws:sqs:us-east-1:123456789012:${queue}", { Bool = { "aws:SecureTransport" = "false" } },
      ]
    ])
    error_message = "Nobody does anything with the queues without TLS."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.dead_letters.policy).Statement[0] == {
      Sid       = "RuleSends"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:us-east-1:123456789012:sleuth-watch-dead-letters"
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:events:us-east-1:123456789012:rule/sleuth-watch" } }
    }
    error_message = "Only the rule may send to the dead-letter queue."
  }

  assert {
    condition = alltrue([
      length(aws_cloudtrail.this) == 0,
      length(aws_s3_bucket.trail) == 0,
      length(aws_s3_bucket_policy.trail) == 0,
      length(aws_s3_bucket_notification.trail) == 0,
      length(aws_kms_key.trail) == 0,
      length(aws_sns_topic.trail) == 0,
      length(aws_sns_topic_policy.trail) == 0,
      length(aws_sns_topic_subscription.this) == 0,
      length(aws_cloudwatch_event_bus.this) == 0,
      length(module.regions.rule_arns) == 0,
      module.regions.role_arn == null,
    ])
    error_message = "Nothing but the rule is made."
  }

  assert {
    condition     = output.trail_bucket == null && output.trail_bucket_policy == null && output.trail_bucket_notification == null && output.trail_topic_arn == null
    error_message = "There is nothing to say about a bucket or a topic."
  }
}

run "tag_changes" {
  command = plan

  variables {
    source_of_events = "tag_changes"
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this["default"].event_pattern) == {
      source        = ["aws.tag"]
      "detail-type" = ["Tag Change on Resource"]
      detail        = { service = ["ec2"], "resource-type" = ["instance"] }
    }
    error_message = "The rule lets through changes of instances' tags only."
  }
}

run "other_regions" {
  command = plan

  variables {
    forwarded_regions    = ["eu-central-1", "eu-west-1"]
    role_path            = "/audit/"
    permissions_boundary = "arn:aws:iam::123456789012:policy/bound"
  }

  assert {
    condition = module.regions.rule_arns == {
      "eu-central-1" = "arn:aws:events:eu-central-1:123456789012:rule/sleuth-watch"
      "eu-west-1"    = "arn:aws:events:eu-west-1:123456789012:rule/sleuth-watch"
    }
    error_message = "There is a rule in each other region."
  }

  assert {
    condition     = one(aws_cloudwatch_event_bus.this).name == "sleuth-watch" && aws_cloudwatch_event_rule.this["forwarded"].event_bus_name == "sleuth-watch"
    error_message = "What is forwarded has a bus of its own, with a rule."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this["forwarded"].event_pattern == aws_cloudwatch_event_rule.this["default"].event_pattern
    error_message = "The rules of both buses let through the same."
  }

  assert {
    condition = jsondecode(one(aws_cloudwatch_event_bus_policy.this).policy).Statement == [{
      Sid       = "Forward"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Action    = "events:PutEvents"
      Resource  = "arn:aws:events:us-east-1:123456789012:event-bus/sleuth-watch"
      Condition = {
        "ForAllValues:StringEquals" = { "events:source" = "aws.ec2" }
        Null                        = { "events:source" = "false" }
      }
    }]
    error_message = "The bus takes events of EC2 only, and of this account only."
  }

  assert {
    condition = toset(jsondecode(aws_sqs_queue_policy.this.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == toset([
      "arn:aws:events:us-east-1:123456789012:rule/sleuth-watch",
      "arn:aws:events:us-east-1:123456789012:rule/sleuth-watch/sleuth-watch",
    ])
    error_message = "Both rules may send to the queue."
  }
}

run "events_of_other_accounts" {
  command = plan

  variables {
    source_of_events     = "tag_changes"
    event_bus            = true
    assume_role_accounts = ["210987654321"]
    assume_role_name     = "sleuth"
  }

  assert {
    condition = toset(jsondecode(one(aws_cloudwatch_event_bus_policy.this).policy).Statement[0].Principal.AWS) == toset([
      "arn:aws:iam::123456789012:root",
      "arn:aws:iam::210987654321:root",
    ])
    error_message = "The accounts may send to the bus, and no others."
  }

  assert {
    condition     = jsondecode(one(aws_cloudwatch_event_bus_policy.this).policy).Statement[0].Condition["ForAllValues:StringEquals"]["events:source"] == "aws.tag"
    error_message = "They may send what the watch is told of."
  }

  assert {
    condition     = length(module.regions.rule_arns) == 0 && keys(aws_cloudwatch_event_rule.this) == ["default", "forwarded"]
    error_message = "There is a bus without rules in other regions."
  }
}

run "existing_bucket_by_its_own_events" {
  command = plan

  variables {
    source_of_events     = "bucket_events"
    trail_bucket         = "logs-of-all"
    trail_bucket_account = "210987654321"
    trail_prefix         = "trails/main"
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.this.policy).Statement[0] == {
      Sid       = "BucketSends"
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:us-east-1:123456789012:sleuth-watch"
      Condition = {
        ArnEquals    = { "aws:SourceArn" = "arn:aws:s3:::logs-of-all" }
        StringEquals = { "aws:SourceAccount" = "210987654321" }
      }
    }
    error_message = "Only the bucket may send, and only while it is that account's."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.dead_letters.policy).Statement[*].Sid == ["TlsOnly"]
    error_message = "S3 has no business with the dead-letter queue."
  }

  assert {
    condition = alltrue([
      length(aws_s3_bucket.trail) == 0,
      length(aws_s3_bucket_policy.trail) == 0,
      length(aws_s3_bucket_notification.trail) == 0,
      length(aws_s3_bucket_public_access_block.trail) == 0,
      length(aws_s3_bucket_ownership_controls.trail) == 0,
      length(aws_s3_bucket_versioning.trail) == 0,
      length(aws_s3_bucket_server_side_encryption_configuration.trail) == 0,
      length(aws_s3_bucket_lifecycle_configuration.trail) == 0,
    ])
    error_message = "An existing bucket is not touched."
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.this) == 0
    error_message = "There is no rule: EventBridge has no part in it."
  }

  assert {
    condition = jsondecode(output.trail_bucket_notification) == {
      QueueConfigurations = [{
        Id       = "sleuth-watch"
        QueueArn = "arn:aws:sqs:us-east-1:123456789012:sleuth-watch"
        Events   = ["s3:ObjectCreated:*"]
        Filter = {
          Key = {
            FilterRules = [
              { Name = "prefix", Value = "trails/main/AWSLogs/" },
              { Name = "suffix", Value = ".json.gz" },
            ]
          }
        }
      }]
    }
    error_message = "What the bucket has to be told is an output."
  }
}

run "existing_bucket_by_eventbridge" {
  command = plan

  variables {
    source_of_events = "bucket_eventbridge"
    trail_bucket     = "logs-of-all"
    organization_id  = "o-a1b2c3d4e5"
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this["default"].event_pattern) == {
      source        = ["aws.s3"]
      "detail-type" = ["Object Created"]
      detail = {
        bucket = { name = ["logs-of-all"] }
        object = { key = [{ wildcard = "AWSLogs/o-a1b2c3d4e5/*/CloudTrail/*.json.gz" }] }
      }
    }
    error_message = "The rule lets through log files of the organization in this bucket, and no digest files."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.this.policy).Statement[0].Sid == "RuleSends" && length(aws_s3_bucket_notification.trail) == 0
    error_message = "The rule sends, and the bucket is not touched."
  }

  assert {
    condition     = jsondecode(output.trail_bucket_notification) == { EventBridgeConfiguration = {} }
    error_message = "That the bucket has to tell EventBridge is an output."
  }
}

run "existing_bucket_whose_notification_may_be_replaced" {
  command = plan

  variables {
    source_of_events                    = "bucket_eventbridge"
    trail_bucket                        = "logs-of-all"
    overwrite_trail_bucket_notification = true
  }

  assert {
    condition = (
      one(aws_s3_bucket_notification.trail).bucket == "logs-of-all" &&
      one(aws_s3_bucket_notification.trail).eventbridge &&
      length(one(aws_s3_bucket_notification.trail).queue) == 0
    )
    error_message = "The bucket's notifications are written if that is asked for."
  }

  assert {
    condition     = length(aws_s3_bucket_policy.trail) == 0
    error_message = "Its policy is another question."
  }
}

run "existing_topic" {
  command = plan

  variables {
    source_of_events = "trail_topic"
    trail_bucket     = "logs-of-all"
    trail_topic      = "arn:aws:sns:eu-central-1:210987654321:trail"
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.this.policy).Statement[0] == {
      Sid       = "TopicSends"
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:us-east-1:123456789012:sleuth-watch"
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-central-1:210987654321:trail" } }
    }
    error_message = "Only the topic may send."
  }

  assert {
    condition = (
      one(aws_sns_topic_subscription.this).topic_arn == "arn:aws:sns:eu-central-1:210987654321:trail" &&
      one(aws_sns_topic_subscription.this).endpoint == "arn:aws:sqs:us-east-1:123456789012:sleuth-watch" &&
      one(aws_sns_topic_subscription.this).protocol == "sqs" &&
      one(aws_sns_topic_subscription.this).region == "eu-central-1" &&
      one(aws_sns_topic_subscription.this).redrive_policy == null
    )
    error_message = "The queue is subscribed in the topic's region, where there is no dead-letter queue of ours."
  }

  assert {
    condition     = length(aws_sns_topic.trail) == 0 && length(aws_sns_topic_policy.trail) == 0 && length(aws_cloudwatch_event_rule.this) == 0
    error_message = "An existing topic is not touched."
  }
}

run "topic_of_this_region" {
  command = plan

  variables {
    source_of_events = "trail_topic"
    trail_bucket     = "logs-of-all"
    trail_topic      = "arn:aws:sns:us-east-1:123456789012:trail"
  }

  assert {
    condition = jsondecode(one(aws_sns_topic_subscription.this).redrive_policy) == {
      deadLetterTargetArn = "arn:aws:sqs:us-east-1:123456789012:sleuth-watch-dead-letters"
    }
    error_message = "What SNS cannot deliver goes to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.dead_letters.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == "arn:aws:sns:us-east-1:123456789012:trail"
    error_message = "The topic may send to it."
  }
}
