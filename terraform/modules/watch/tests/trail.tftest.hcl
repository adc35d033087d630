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

# Trail, bucket, key and topic that are made here, and what may be written into those that are not.

run "everything_new" {
  command = plan

  variables {
    source_of_events     = "bucket_events"
    create_trail         = true
    create_trail_bucket  = true
    create_trail_kms_key = true
    tags                 = { team = "security" }
  }

  override_resource {
    target          = aws_kms_key.trail[0]
    override_during = plan
    values = {
      arn    = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      key_id = "1234abcd-12ab-34cd-56ef-1234567890ab"
    }
  }

  assert {
    condition = (
      one(aws_cloudtrail.this).name == "sleuth-watch" &&
      one(aws_cloudtrail.this).s3_bucket_name == "sleuth-watch-trail-123456789012-us-east-1" &&
      one(aws_cloudtrail.this).kms_key_id == "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" &&
      one(aws_cloudtrail.this).is_multi_region_trail &&
      one(aws_cloudtrail.this).include_global_service_events &&
      one(aws_cloudtrail.this).enable_log_file_validation &&
      !one(aws_cloudtrail.this).is_organization_trail &&
      one(aws_cloudtrail.this).sns_topic_name == null &&
      one(one(aws_cloudtrail.this).event_selector).read_write_type == "WriteOnly"
    )
    error_message = "The trail records changes in all regions, into the new bucket, encrypted with the new key."
  }

  assert {
    condition = (
      one(aws_s3_bucket.trail).bucket == "sleuth-watch-trail-123456789012-us-east-1" &&
      !one(aws_s3_bucket.trail).force_destroy &&
      one(one(aws_s3_bucket_versioning.trail).versioning_configuration).status == "Enabled" &&
      one(one(aws_s3_bucket_ownership_controls.trail).rule).object_ownership == "BucketOwnerEnforced" &&
      one(one(one(aws_s3_bucket_server_side_encryption_configuration.trail).rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    )
    error_message = "The bucket keeps versions, belongs to this account alone, is encrypted, and is not removed with log files in it."
  }

  assert {
    condition = alltrue([
      one(aws_s3_bucket_public_access_block.trail).block_public_acls,
      one(aws_s3_bucket_public_access_block.trail).block_public_policy,
      one(aws_s3_bucket_public_access_block.trail).ignore_public_acls,
      one(aws_s3_bucket_public_access_block.trail).restrict_public_buckets,
    ])
    error_message = "Nothing of the bucket can be public."
  }

  assert {
    condition = (
      { for rule in one(aws_s3_bucket_lifecycle_configuration.trail).rule : rule.id => rule.status } == { "older-versions" = "Enabled", "log-files" = "Enabled" } &&
      one(one([for rule in one(aws_s3_bucket_lifecycle_configuration.trail).rule : rule if rule.id == "log-files"]).expiration).days == 365 &&
      one(one([for rule in one(aws_s3_bucket_lifecycle_configuration.trail).rule : rule if rule.id == "older-versions"]).noncurrent_version_expiration).noncurrent_days == 90
    )
    error_message = "Log files are kept for a year, what was replaced or deleted for 90 days."
  }

  assert {
    condition = [for s in jsondecode(one(aws_s3_bucket_policy.trail).policy).Statement : s if s.Sid != "TlsOnly"] == [
      {
        Sid       = "CloudTrailLooks"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = "arn:aws:s3:::sleuth-watch-trail-123456789012-us-east-1"
        Condition = { StringEquals = { "aws:SourceArn" = "arn:aws:cloudtrail:us-east-1:123456789012:trail/sleuth-watch" } }
      },
      {
        Sid       = "CloudTrailWrites"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "arn:aws:s3:::sleuth-watch-trail-123456789012-us-east-1/AWSLogs/123456789012/*"
        Condition = {
          StringEquals = {
            "s3:x-amz-acl"  = "bucket-owner-full-control"
            "aws:SourceArn" = "arn:aws:cloudtrail:us-east-1:123456789012:trail/sleuth-watch"
          }
        }
      },
    ]
    error_message = "Only this trail may deliver to the bucket, and only this account's log files."
  }

  assert {
    condition = (
      one([for s in jsondecode(one(aws_s3_bucket_policy.trail).policy).Statement : s.Condition if s.Sid == "TlsOnly" && s.Effect == "Deny" && s.Action == "s3:*"]) ==
      { Bool = { "aws:SecureTransport" = "false" } }
    )
    error_message = "Nobody does anything with the bucket without TLS."
  }

  assert {
    condition = (
      one(one(aws_s3_bucket_notification.trail).queue).queue_arn == "arn:aws:sqs:us-east-1:123456789012:sleuth-watch" &&
      toset(one(one(aws_s3_bucket_notification.trail).queue).events) == toset(["s3:ObjectCreated:*"]) &&
      one(one(aws_s3_bucket_notification.trail).queue).filter_prefix == "AWSLogs/" &&
      one(one(aws_s3_bucket_notification.trail).queue).filter_suffix == ".json.gz" &&
      !one(aws_s3_bucket_notification.trail).eventbridge
    )
    error_message = "The new bucket tells the queue of log files."
  }

  assert {
    condition     = one(aws_kms_key.trail).enable_key_rotation && one(aws_kms_key.trail).deletion_window_in_days == 30
    error_message = "The key is rotated."
  }

  assert {
    condition = {
      for s in jsondecode(one(aws_kms_key_policy.trail).policy).Statement : s.Sid => [s.Principal, s.Action, try(s.Condition, null)]
      } == {
      LeaveToAccount = [{ AWS = "arn:aws:iam::123456789012:root" }, "kms:*", null]
      EncryptLogFiles = [{ Service = "cloudtrail.amazonaws.com" }, "kms:GenerateDataKey*", {
        StringEquals = { "aws:SourceArn" = "arn:aws:cloudtrail:us-east-1:123456789012:trail/sleuth-watch" }
        StringLike   = { "kms:EncryptionContext:aws:cloudtrail:arn" = "arn:aws:cloudtrail:*:123456789012:trail/sleuth-watch" }
      }]
      DescribeKey = [{ Service = "cloudtrail.amazonaws.com" }, "kms:DescribeKey", {
        StringEquals = { "aws:SourceArn" = "arn:aws:cloudtrail:us-east-1:123456789012:trail/sleuth-watch" }
      }]
    }
    error_message = "Only this trail may encrypt with the key; who may decrypt is up to the account's policies."
  }

  assert {
    condition     = one([for s in jsondecode(output.policy).Statement : s.Resource if s.Sid == "DecryptLogFiles"]) == "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    error_message = "The function may decrypt with the new key."
  }

  assert {
    condition = alltrue([for tags in [
      one(aws_cloudtrail.this).tags,
      one(aws_s3_bucket.trail).tags,
      one(aws_kms_key.trail).tags,
    ] : tags == tomap({ team = "security" })])
    error_message = "Everything that can be is tagged."
  }
}

run "new_trail_of_an_organization" {
  command = plan

  variables {
    source_of_events           = "trail_topic"
    create_trail               = true
    trail_name                 = "org"
    trail_all_regions          = false
    trail_read_events          = true
    organization_id            = "o-a1b2c3d4e5"
    management_account         = "210987654321"
    create_trail_bucket        = true
    trail_bucket               = "org-logs"
    trail_bucket_force_destroy = true
    trail_retention_days       = 0
    trail_prefix               = "trails"
    create_trail_topic         = true
    trail_topic_kms_key        = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition = (
      one(aws_cloudtrail.this).name == "org" &&
      one(aws_cloudtrail.this).is_organization_trail &&
      !one(aws_cloudtrail.this).is_multi_region_trail &&
      !one(aws_cloudtrail.this).include_global_service_events &&
      one(aws_cloudtrail.this).s3_bucket_name == "org-logs" &&
      one(aws_cloudtrail.this).s3_key_prefix == "trails" &&
      one(aws_cloudtrail.this).kms_key_id == null &&
      one(aws_cloudtrail.this).sns_topic_name == "arn:aws:sns:us-east-1:123456789012:sleuth-watch-trail" &&
      one(one(aws_cloudtrail.this).event_selector).read_write_type == "All"
    )
    error_message = "The trail is made as it is asked for."
  }

  assert {
    condition = one([for s in jsondecode(one(aws_s3_bucket_policy.trail).policy).Statement : toset(s.Resource) if s.Sid == "CloudTrailWrites"]) == toset([
      "arn:aws:s3:::org-logs/trails/AWSLogs/210987654321/*",
      "arn:aws:s3:::org-logs/trails/AWSLogs/o-a1b2c3d4e5/*",
    ])
    error_message = "The trail delivers below the organization's id, and that of the account which owns it."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(one(aws_s3_bucket_policy.trail).policy).Statement :
      s.Condition.StringEquals["aws:SourceArn"] == "arn:aws:cloudtrail:us-east-1:210987654321:trail/org" if s.Sid != "TlsOnly"
    ])
    error_message = "The trail is the management account's."
  }

  assert {
    condition     = one(aws_s3_bucket.trail).force_destroy && one(one(aws_s3_bucket_lifecycle_configuration.trail).rule).id == "older-versions"
    error_message = "Log files are kept for ever, until the bucket is removed with them."
  }

  assert {
    condition     = length(aws_s3_bucket_notification.trail) == 0
    error_message = "The bucket tells nobody: the topic does."
  }

  assert {
    condition     = one(aws_sns_topic.trail).name == "sleuth-watch-trail" && one(aws_sns_topic.trail).kms_master_key_id == var.trail_topic_kms_key
    error_message = "The topic is encrypted with the key that is named."
  }

  assert {
    condition = [for s in jsondecode(one(aws_sns_topic_policy.trail).policy).Statement : s if s.Sid != "TlsOnly"] == [{
      Sid       = "CloudTrailPublishes"
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:us-east-1:123456789012:sleuth-watch-trail"
      Condition = { StringEquals = { "aws:SourceArn" = "arn:aws:cloudtrail:us-east-1:210987654321:trail/org" } }
    }]
    error_message = "Only this trail may publish to the topic."
  }

  assert {
    condition     = one(aws_sns_topic_subscription.this).topic_arn == "arn:aws:sns:us-east-1:123456789012:sleuth-watch-trail"
    error_message = "The queue is subscribed to the new topic."
  }
}

# A trail for EventBridge, in a bucket that is there.
run "new_trail_into_an_existing_bucket" {
  command = plan

  variables {
    create_trail  = true
    trail_bucket  = "logs-of-all"
    trail_kms_key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = one(aws_cloudtrail.this).s3_bucket_name == "logs-of-all" && one(aws_cloudtrail.this).kms_key_id == var.trail_kms_key
    error_message = "The trail delivers to the bucket, encrypted with the key that is named."
  }

  assert {
    condition     = length(aws_s3_bucket_policy.trail) == 0 && length(aws_s3_bucket_notification.trail) == 0 && length(aws_kms_key.trail) == 0
    error_message = "An existing bucket is not touched."
  }

  assert {
    condition = one([for s in jsondecode(output.trail_bucket_policy).Statement : s.Resource if s.Sid == "CloudTrailWrites"]) == (
      "arn:aws:s3:::logs-of-all/AWSLogs/123456789012/*"
    )
    error_message = "What its policy has to have is an output."
  }
}

run "existing_bucket_whose_policy_may_be_replaced" {
  command = plan

  variables {
    create_trail                  = true
    trail_bucket                  = "logs-of-all"
    overwrite_trail_bucket_policy = true
  }

  assert {
    condition     = one(aws_s3_bucket_policy.trail).bucket == "logs-of-all" && one(aws_s3_bucket_policy.trail).policy == output.trail_bucket_policy
    error_message = "The bucket's policy is written if that is asked for."
  }

  assert {
    condition     = length(aws_s3_bucket.trail) == 0 && length(aws_s3_bucket_notification.trail) == 0
    error_message = "Nothing else of it is."
  }
}

run "new_bucket_and_topic_for_an_existing_trail" {
  command = plan

  variables {
    source_of_events    = "trail_topic"
    trail_arn           = "arn:aws:cloudtrail:eu-west-1:210987654321:trail/main"
    create_trail_bucket = true
    create_trail_topic  = true
  }

  assert {
    condition = one([for s in jsondecode(one(aws_s3_bucket_policy.trail).policy).Statement : [s.Resource, s.Condition.StringEquals["aws:SourceArn"]] if s.Sid == "CloudTrailWrites"]) == [
      "arn:aws:s3:::sleuth-watch-trail-123456789012-us-east-1/AWSLogs/210987654321/*",
      "arn:aws:cloudtrail:eu-west-1:210987654321:trail/main",
    ]
    error_message = "The bucket is made ready for the trail, and the account that it is in."
  }

  assert {
    condition     = jsondecode(one(aws_sns_topic_policy.trail).policy).Statement[0].Condition.StringEquals["aws:SourceArn"] == "arn:aws:cloudtrail:eu-west-1:210987654321:trail/main"
    error_message = "So is the topic."
  }

  assert {
    condition     = length(aws_cloudtrail.this) == 0 && output.trail_arn == "arn:aws:cloudtrail:eu-west-1:210987654321:trail/main"
    error_message = "The trail itself is not touched."
  }
}

run "existing_topic_whose_policy_may_be_replaced" {
  command = plan

  variables {
    source_of_events             = "trail_topic"
    create_trail                 = true
    trail_bucket                 = "logs-of-all"
    trail_topic                  = "arn:aws:sns:eu-west-1:123456789012:trail"
    overwrite_trail_topic_policy = true
  }

  assert {
    condition = (
      one(aws_sns_topic_policy.trail).arn == "arn:aws:sns:eu-west-1:123456789012:trail" &&
      one(aws_sns_topic_policy.trail).region == "eu-west-1" &&
      one(aws_sns_topic_policy.trail).policy == output.trail_topic_policy
    )
    error_message = "The topic's policy is written, in its region, if that is asked for."
  }

  assert {
    condition     = one(aws_cloudtrail.this).sns_topic_name == "arn:aws:sns:eu-west-1:123456789012:trail"
    error_message = "The new trail publishes to the topic."
  }
}

run "new_bucket_by_eventbridge" {
  command = plan

  variables {
    source_of_events    = "bucket_eventbridge"
    create_trail        = true
    create_trail_bucket = true
    name                = "Audit_Watch"
  }

  assert {
    condition     = one(aws_s3_bucket_notification.trail).eventbridge && length(one(aws_s3_bucket_notification.trail).queue) == 0
    error_message = "The new bucket tells EventBridge, and the queue not as well."
  }

  assert {
    condition     = one(aws_s3_bucket.trail).bucket == "audit-watch-trail-123456789012-us-east-1"
    error_message = "The bucket's name is one that S3 takes."
  }
}
