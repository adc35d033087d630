# Where events come from.

variable "source_of_events" {
  description = "How the watch hears of instances. api_calls: an EventBridge rule on API calls, of which CloudTrail tells within seconds if there is a trail. tag_changes: an EventBridge rule on tags, which does not say who changed them, and never tells of an instance that is launched without tags, or started. bucket_events, bucket_eventbridge and trail_topic: log files of CloudTrail, after about five minutes, of which the bucket tells the queue itself or by EventBridge, or the trail's topic does."
  type        = string
  default     = "api_calls"
  nullable    = false

  validation {
    condition     = contains(["api_calls", "tag_changes", "bucket_events", "bucket_eventbridge", "trail_topic"], var.source_of_events)
    error_message = "source_of_events is `${var.source_of_events}`: must be api_calls, tag_changes, bucket_events, bucket_eventbridge or trail_topic."
  }
}

variable "forwarded_regions" {
  description = "Other regions of this account whose events are forwarded here, with api_calls and tag_changes; a rule is made in each. A trail's log files hold all its regions anyway."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for region in var.forwarded_regions : can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]+$", region))])
    error_message = "forwarded_regions are `${join(",", var.forwarded_regions)}`: must be names of regions, such as eu-central-1."
  }

  validation {
    condition     = length(var.forwarded_regions) == 0 || contains(["api_calls", "tag_changes"], var.source_of_events)
    error_message = "forwarded_regions are for source_of_events api_calls and tag_changes: log files hold all regions of their trail."
  }

  validation {
    condition     = !contains(var.forwarded_regions, local.region)
    error_message = "forwarded_regions has ${local.region}, where the watch itself is: its events would come twice."
  }
}

variable "event_bus" {
  description = "Whether an event bus is made even without forwarded_regions, for modules/watch_regions in other accounts to forward to. Those in assume_role_accounts may send to it."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.event_bus || contains(["api_calls", "tag_changes"], var.source_of_events)
    error_message = "event_bus is for source_of_events api_calls and tag_changes: log files come by the bucket or the topic."
  }
}

# The trail.

variable "create_trail" {
  description = "Whether a trail is made. Most accounts have one; a second copy of the same events costs money."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.create_trail || var.create_trail_bucket || var.trail_bucket != null
    error_message = "create_trail needs a bucket: set create_trail_bucket, or name one in trail_bucket."
  }
}

variable "trail_name" {
  description = "Name of the new trail. By default that of the watch."
  type        = string
  default     = null

  validation {
    condition     = var.trail_name == null ? true : can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]$", var.trail_name))
    error_message = "trail_name is `${coalesce(var.trail_name, " ")}`: must be 3 to 128 letters, digits, dots, hyphens and underscores, with a letter or digit at both ends."
  }

  validation {
    condition     = var.trail_name == null || var.create_trail
    error_message = "trail_name is for a new trail: set create_trail, or name the existing one in trail_arn."
  }
}

variable "trail_arn" {
  description = "ARN of the existing trail, to which a new bucket or a new topic is made ready. Set both of them in the trail yourself, after they were made: it is not touched."
  type        = string
  default     = null

  validation {
    condition     = var.trail_arn == null ? true : can(regex("^arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:[0-9]{12}:trail/[A-Za-z0-9._-]{3,128}$", var.trail_arn))
    error_message = "trail_arn is `${coalesce(var.trail_arn, " ")}`: must be a trail's ARN, arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME."
  }

  validation {
    condition     = var.trail_arn == null || !var.create_trail
    error_message = "trail_arn names an existing trail, and create_trail makes a new one: set only one of them."
  }

  validation {
    condition     = var.trail_arn != null || var.create_trail || !(var.create_trail_bucket || var.create_trail_topic)
    error_message = "trail_arn must be set, or create_trail: a new bucket or topic has to say which trail may use it."
  }
}

variable "trail_all_regions" {
  description = "Whether the new trail records all regions, not only that of the watch."
  type        = bool
  default     = true
  nullable    = false
}

variable "trail_read_events" {
  description = "Whether the new trail records calls that only read, too. The watch does not need them."
  type        = bool
  default     = false
  nullable    = false
}

variable "organization_id" {
  description = "Id of the organization, o-…, if the trail is one of an organization: its log files are below AWSLogs/ID/, and a new trail is made one of the organization."
  type        = string
  default     = null

  validation {
    condition     = var.organization_id == null ? true : can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "organization_id is `${coalesce(var.organization_id, " ")}`: must be an organization's id, such as o-a1b2c3d4e5."
  }
}

variable "management_account" {
  description = "Id of the organization's management account, if a new trail of the organization is made by a delegated administrator: the trail is the management account's then."
  type        = string
  default     = null

  validation {
    condition     = var.management_account == null ? true : can(regex("^[0-9]{12}$", var.management_account))
    error_message = "management_account is `${coalesce(var.management_account, " ")}`: must be an account's id, 12 digits."
  }

  validation {
    condition     = var.management_account == null || (var.organization_id != null && var.create_trail)
    error_message = "management_account is for a new trail of an organization: set create_trail and organization_id."
  }
}

# Its bucket.

variable "create_trail_bucket" {
  description = "Whether a bucket is made for the log files."
  type        = bool
  default     = false
  nullable    = false
}

variable "trail_bucket" {
  description = "Name of the bucket with the log files, new or existing. A new one is called NAME-trail-ACCOUNT-REGION by default. An existing one is not touched, unless overwrite_trail_bucket_policy or overwrite_trail_bucket_notification says so."
  type        = string
  default     = null

  validation {
    condition     = var.trail_bucket == null ? true : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.trail_bucket))
    error_message = "trail_bucket is `${coalesce(var.trail_bucket, " ")}`: must be the name of an S3 bucket."
  }

  validation {
    condition     = var.trail_bucket != null || var.create_trail_bucket || !contains(["bucket_events", "bucket_eventbridge", "trail_topic"], var.source_of_events)
    error_message = "trail_bucket must be set, or create_trail_bucket: with source_of_events ${var.source_of_events} the function reads log files."
  }

  validation {
    condition     = var.trail_bucket != null || !var.create_trail_bucket || length(local.trail_bucket_default) <= 63
    error_message = "trail_bucket must be set: ${local.trail_bucket_default} is longer than the 63 characters S3 takes."
  }
}

variable "trail_bucket_account" {
  description = "Id of the account that an existing trail_bucket is in, if it is another one. Its owner has to let the function's role read it."
  type        = string
  default     = null

  validation {
    condition     = var.trail_bucket_account == null ? true : can(regex("^[0-9]{12}$", var.trail_bucket_account))
    error_message = "trail_bucket_account is `${coalesce(var.trail_bucket_account, " ")}`: must be an account's id, 12 digits."
  }

  validation {
    condition     = var.trail_bucket_account == null || !var.create_trail_bucket
    error_message = "trail_bucket_account is for an existing bucket: a new one is in this account."
  }

  validation {
    condition     = var.trail_bucket_account == null || var.source_of_events != "bucket_eventbridge"
    error_message = "trail_bucket_account cannot be set with source_of_events bucket_eventbridge: EventBridge tells of a bucket in the bucket's account only. Use bucket_events or trail_topic."
  }
}

variable "trail_prefix" {
  description = "Prefix of the log files in the bucket, as the trail has it, without slashes at its ends."
  type        = string
  default     = null

  validation {
    # No character that has a meaning in a policy or a pattern.
    condition     = var.trail_prefix == null ? true : can(regex("^[A-Za-z0-9_.=@-]+(/[A-Za-z0-9_.=@-]+)*$", var.trail_prefix)) && length(coalesce(var.trail_prefix, " ")) <= 200
    error_message = "trail_prefix is `${coalesce(var.trail_prefix, " ")}`: must be at most 200 letters, digits and _.=@- with slashes between, none at its ends."
  }
}

variable "trail_retention_days" {
  description = "Days a new bucket keeps log files; 0 keeps them for ever."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = floor(var.trail_retention_days) == var.trail_retention_days && var.trail_retention_days >= 0 && var.trail_retention_days <= 36500
    error_message = "trail_retention_days is ${var.trail_retention_days}: must be a whole number from 0 to 36500."
  }
}

variable "trail_bucket_force_destroy" {
  description = "Whether a new bucket is removed with all log files in it when the module is. Otherwise removing it fails as long as there are any."
  type        = bool
  default     = false
  nullable    = false
}

variable "overwrite_trail_bucket_policy" {
  description = "Whether the policy of an existing trail_bucket is written, so that CloudTrail may deliver to it. A bucket has one policy: whatever is there is REPLACED, and who had access by it has none any more. By default it is not touched; add the output trail_bucket_policy to it yourself."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.overwrite_trail_bucket_policy || (var.trail_bucket != null && !var.create_trail_bucket)
    error_message = "overwrite_trail_bucket_policy is for an existing trail_bucket: that of a new one is written anyway."
  }

  validation {
    condition     = !var.overwrite_trail_bucket_policy || var.trail_arn != null || var.create_trail
    error_message = "overwrite_trail_bucket_policy needs trail_arn or create_trail: the policy says which trail may deliver."
  }

  validation {
    condition     = !var.overwrite_trail_bucket_policy || var.trail_bucket_account == null
    error_message = "overwrite_trail_bucket_policy cannot be set with trail_bucket_account: another account's policy is not ours to write."
  }
}

variable "overwrite_trail_bucket_notification" {
  description = "Whether the events of an existing trail_bucket are switched on here, with source_of_events bucket_events and bucket_eventbridge. A bucket has one such configuration: whatever is there is REPLACED, and who was told by it is told no more. By default it is not touched; add the output trail_bucket_notification to it yourself."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.overwrite_trail_bucket_notification || (var.trail_bucket != null && !var.create_trail_bucket)
    error_message = "overwrite_trail_bucket_notification is for an existing trail_bucket: that of a new one is written anyway."
  }

  validation {
    condition     = !var.overwrite_trail_bucket_notification || contains(["bucket_events", "bucket_eventbridge"], var.source_of_events)
    error_message = "overwrite_trail_bucket_notification is for source_of_events bucket_events and bucket_eventbridge."
  }

  validation {
    condition     = !var.overwrite_trail_bucket_notification || var.trail_bucket_account == null
    error_message = "overwrite_trail_bucket_notification cannot be set with trail_bucket_account: another account's bucket is not ours to configure."
  }
}

# Its key.

variable "create_trail_kms_key" {
  description = "Whether a KMS key is made for the log files of a new trail. It costs about a dollar a month, and calls."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.create_trail_kms_key || var.create_trail
    error_message = "create_trail_kms_key needs create_trail: an existing trail is not told of a key."
  }
}

variable "trail_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts the log files. The function may decrypt with it, through S3 only; a new trail encrypts with it. Its policy is not touched: it has to let CloudTrail encrypt and this account decrypt."
  type        = string
  default     = null

  validation {
    # Not an alias: a policy does not match a key by it.
    condition     = var.trail_kms_key == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.trail_kms_key))
    error_message = "trail_kms_key is `${coalesce(var.trail_kms_key, " ")}`: must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }

  validation {
    condition     = var.trail_kms_key == null || !var.create_trail_kms_key
    error_message = "trail_kms_key names an existing key, and create_trail_kms_key makes a new one: set only one of them."
  }
}

# Its topic.

variable "create_trail_topic" {
  description = "Whether a topic is made for the trail, with source_of_events trail_topic. An existing trail has to be told of it afterwards."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.create_trail_topic || var.source_of_events == "trail_topic"
    error_message = "create_trail_topic is for source_of_events trail_topic."
  }
}

variable "trail_topic" {
  description = "ARN of the existing topic that the trail, or the bucket, tells of log files, in any region; with create_trail the new trail's. Its policy is not touched unless overwrite_trail_topic_policy says so."
  type        = string
  default     = null

  validation {
    # Not a FIFO topic: neither CloudTrail nor S3 publishes to one.
    condition     = var.trail_topic == null ? true : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.trail_topic))
    error_message = "trail_topic is `${coalesce(var.trail_topic, " ")}`: must be the ARN of a topic that is not FIFO, arn:aws:sns:REGION:ACCOUNT:NAME."
  }

  validation {
    condition     = var.source_of_events == "trail_topic" ? (var.trail_topic != null) != var.create_trail_topic : var.trail_topic == null
    error_message = "trail_topic and create_trail_topic are for source_of_events trail_topic, which needs exactly one of them."
  }
}

variable "trail_topic_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts a new topic. Its policy is not touched, and has to let CloudTrail use it. By default the topic is not encrypted: its messages hold names of log files only."
  type        = string
  default     = null

  validation {
    # Not an alias, such as AWS's own: CloudTrail cannot publish with that key.
    condition     = var.trail_topic_kms_key == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.trail_topic_kms_key))
    error_message = "trail_topic_kms_key is `${coalesce(var.trail_topic_kms_key, " ")}`: must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }

  validation {
    condition     = var.trail_topic_kms_key == null || var.create_trail_topic
    error_message = "trail_topic_kms_key needs create_trail_topic."
  }
}

variable "overwrite_trail_topic_policy" {
  description = "Whether the policy of an existing topic is written, so that the trail may publish to it. A topic has one policy: whatever is there is REPLACED. By default it is not touched; add the output trail_topic_policy to it yourself."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.overwrite_trail_topic_policy || var.trail_topic != null
    error_message = "overwrite_trail_topic_policy is for an existing topic: that of a new one is written anyway."
  }

  validation {
    condition     = !var.overwrite_trail_topic_policy || var.trail_arn != null || var.create_trail
    error_message = "overwrite_trail_topic_policy needs trail_arn or create_trail: the policy says which trail may publish."
  }
}
