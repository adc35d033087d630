# Written by scripts/terraform-generate from the inputs of the modules: change that.
# What an input may be is checked by the module that it is handed to.

variable "alarm_topics" {
  description = "ARNs of SNS topics that are told when an alarm begins and ends. Without any, alarms are only seen in the console."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alarms" {
  description = "Whether CloudWatch alarms watch the function: on failed runs, on runs that were throttled, on a failure queue that is not empty, and on missing runs."
  type        = bool
  default     = true
  nullable    = false
}

variable "architecture" {
  description = "Processor architecture the package was built for: arm64 or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false
}

variable "archive" {
  description = "s3://BUCKET/PREFIX: where the report of every run is kept. An audit may put objects below it and read none, but what it left itself in a run over many accounts; the digest may read them and put none."
  type        = string
  default     = null
}

variable "archive_bucket_kms_key" {
  description = "ARN of the customer-managed KMS key that the bucket of archive encrypts with by itself, if one does and archive_kms_key is not set."
  type        = string
  default     = null
}

variable "archive_kms_key" {
  description = "ARN of the customer-managed KMS key that reports are encrypted with. By default as the bucket does by itself."
  type        = string
  default     = null
}

variable "assume_role_accounts" {
  description = "Ids of the other accounts whose instances are looked at. The function may assume assume_role_name in these, and nowhere else; with an event bus they may send events to it."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "assume_role_external_id" {
  description = "The external id that the roles ask for. Stands in the state and in the function's environment. Better use assume_role_external_id_secret."
  type        = string
  default     = null
  sensitive   = true
}

variable "assume_role_external_id_secret" {
  description = "ARN of the secret or parameter that holds the external id. Not together with assume_role_external_id."
  type        = string
  default     = null
}

variable "assume_role_name" {
  description = "Name of the role to look at the instances of other accounts with, with its path if it has one: sleuth or tools/sleuth. Needs assume_role_accounts. The role is not made here: its trust and its permissions are outputs."
  type        = string
  default     = null
}

variable "authorization_details" {
  description = "Whether users are read by iam:GetAccountAuthorizationDetails, 1,000 a call. If not, the function may not call it and reads them in other ways, which it is allowed instead."
  type        = bool
  default     = true
  nullable    = false
}

variable "aws_retry_mode" {
  description = "How throttled calls of AWS are repeated: adaptive, or standard, which is faster and takes more of AWS's limits. The program's default is adaptive."
  type        = string
  default     = null
}

variable "canary_tags" {
  description = "Tags of an instance that every region must show, or nothing is changed in it, as in `Name=canary-{region},team`; true for created_by,project,department,Name=api-canary-{region}. By default nobody looks for one."
  type        = string
  default     = null
}

variable "canary_user" {
  description = "IAM user known to exist. If the account does not show it, no key is disabled and the run fails."
  type        = string
  default     = null
}

variable "code_signing_config" {
  description = "ARN of the code signing configuration that the package has to satisfy."
  type        = string
  default     = null
}

variable "concurrency" {
  description = "How many users, regions or instances are read side by side. The program's default is 16."
  type        = number
  default     = null
}

variable "create_trail" {
  description = "Whether a trail is made. Most accounts have one; a second copy of the same events costs money."
  type        = bool
  default     = false
  nullable    = false
}

variable "create_trail_bucket" {
  description = "Whether a bucket is made for the log files."
  type        = bool
  default     = false
  nullable    = false
}

variable "create_trail_kms_key" {
  description = "Whether a KMS key is made for the log files of a new trail. It costs about a dollar a month, and calls."
  type        = bool
  default     = false
  nullable    = false
}

variable "create_trail_topic" {
  description = "Whether a topic is made for the trail, with source_of_events trail_topic. An existing trail has to be told of it afterwards."
  type        = bool
  default     = false
  nullable    = false
}

variable "created_by_validate" {
  description = "Whether the tag created_by must name an IAM user."
  type        = bool
  default     = false
  nullable    = false
}

variable "debug" {
  description = "Whether more is logged."
  type        = bool
  default     = false
  nullable    = false
}

variable "digest_always" {
  description = "Whether the digest is sent also if nothing was done."
  type        = bool
  default     = false
  nullable    = false
}

variable "digest_asynchronous_retries" {
  description = "How often Lambda repeats a failed run, 0 to 2. By default not at all: a run also fails if one report cannot be read or one channel is down, and each attempt sends the digest to all channels again."
  type        = number
  default     = 0
  nullable    = false
}

variable "digest_memory_size" {
  description = "Memory of the function in MB; its share of a processor grows with it."
  type        = number
  default     = 256
  nullable    = false
}

variable "digest_missing_run_hours" {
  description = "After how many hours without a run there is an alarm, 1 to 168: more than the longest rest of the schedule. The default is longer than a day, by the hour that a clock is put forward or back and one more. Null, or no schedule: none."
  type        = number
  default     = 26
}

variable "digest_name" {
  description = "Name of the function, its schedule and its role; part of the names of its log group, its queue and its alarms."
  type        = string
  default     = "sleuth-digest"
  nullable    = false
}

variable "digest_reserved_concurrency" {
  description = "How many runs there may be at a time, kept free for this function. By default it shares what the account has."
  type        = number
  default     = null
}

variable "digest_schedule" {
  description = "When the digest is made: a cron or rate expression of EventBridge Scheduler. By default at 8:00 every day, as each is about the day before. Null: no schedule."
  type        = string
  default     = "cron(0 8 * * ? *)"
}

variable "digest_since" {
  description = "How far back a digest looks, as in 24h, 7days or 90min, at most ten years. The program's default is 24h."
  type        = string
  default     = null
}

variable "digest_text" {
  description = "What readers should know or do."
  type        = string
  default     = null
}

variable "digest_timeout" {
  description = "Seconds a run may take. The default is the most Lambda gives: an account may have 5,000 users, and a run that is cut off has told nobody."
  type        = number
  default     = 900
  nullable    = false
}

variable "digest_title" {
  description = "Title of messages. The program's default is AWS Sleuth Digest."
  type        = string
  default     = null
}

variable "email_from" {
  description = "The sender, as in `Sleuth <sleuth@example.com>`. Needed with smtp_url."
  type        = string
  default     = null
}

variable "email_owner_domains" {
  description = "Domains in which owners get their own findings, or `*` alone for any. Tags say where owners live, and many people may set tags: so nobody is written to in other domains. By default no owner is written to."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "email_to" {
  description = "Who gets all findings: addresses, each NAME@DOMAIN or `Words <NAME@DOMAIN>`. Needed with smtp_url, unless Slack or SNS gets them and owners theirs by mail."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "enable_auto_expire" {
  description = "Whether expired keys are disabled. The function may change keys only if this is true."
  type        = bool
  default     = false
  nullable    = false
}

variable "event_bus" {
  description = "Whether an event bus is made even without forwarded_regions, for modules/watch_regions in other accounts to forward to. Those in assume_role_accounts may send to it."
  type        = bool
  default     = false
  nullable    = false
}

variable "expiration_age" {
  description = "Days since creation at which a key is expired. The program's default is 90."
  type        = number
  default     = null
}

variable "expire_notification_text" {
  description = "Instructions in messages about keys that expire by age."
  type        = string
  default     = null
}

variable "expire_notification_title" {
  description = "Title of messages about keys that expire by age. The program's default is AWS IAM Key Expiration Report."
  type        = string
  default     = null
}

variable "failure_destination" {
  description = "ARN of an SQS queue or SNS topic of your own that is told of failed runs, in place of the queue."
  type        = string
  default     = null
}

variable "failure_destination_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts failure_destination, if one does."
  type        = string
  default     = null
}

variable "failure_queue" {
  description = "Whether failed runs, and runs that could not be started, are kept for 14 days in an SQS queue named NAME-failed."
  type        = bool
  default     = true
  nullable    = false
}

variable "forwarded_regions" {
  description = "Other regions of this account whose events are forwarded here, with api_calls and tag_changes; a rule is made in each. A trail's log files hold all its regions anyway."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "grace_minutes" {
  description = "Minutes after its launch in which an instance is left alone, where its rule does not say. The program's default is 5."
  type        = number
  default     = null
}

variable "inactive_notification_text" {
  description = "Instructions in messages about keys that expire by inactivity."
  type        = string
  default     = null
}

variable "inactive_notification_title" {
  description = "Title of messages about keys that expire by inactivity. The program's default is AWS IAM Key Inactivity Report."
  type        = string
  default     = null
}

variable "inactivity_age" {
  description = "Days since last use at which a key is expired; at most expiration_age. Needs inactivity_warning_age. By default inactivity plays no part."
  type        = number
  default     = null
}

variable "inactivity_warning_age" {
  description = "Days since last use at which a key's owner is warned; lower than inactivity_age, which it needs."
  type        = number
  default     = null
}

variable "inventory" {
  description = "How users are read: live, each of them, or report, only those the credential report does not rule out. The program's default is live."
  type        = string
  default     = null
}

variable "keys_asynchronous_retries" {
  description = "How often Lambda repeats a failed run, 0 to 2. By default not at all: a run that failed has already acted and told people, and a second one would tell them again."
  type        = number
  default     = 0
  nullable    = false
}

variable "keys_memory_size" {
  description = "Memory of the function in MB; its share of a processor grows with it."
  type        = number
  default     = 256
  nullable    = false
}

variable "keys_missing_run_hours" {
  description = "After how many hours without a run there is an alarm, 1 to 168: more than the longest rest of the schedule. The default is longer than a weekend, by the hour that a clock is put forward or back and one more. Null, or no schedule: none."
  type        = number
  default     = 74
}

variable "keys_name" {
  description = "Name of the function, its schedule and its role; part of the names of its log group, its queue and its alarms."
  type        = string
  default     = "sleuth-keys"
  nullable    = false
}

variable "keys_package" {
  description = "Path of the zip file that holds the function's `bootstrap`, as `scripts/build` writes it. One of three ways to give the package: this, package_s3_bucket with package_s3_key, or release with release_repository and release_sha256. Of the functions of keys and the digest."
  type        = string
  default     = null
}

variable "keys_package_s3_key" {
  description = "Key of the package in package_s3_bucket. Of the functions of keys and the digest."
  type        = string
  default     = null
}

variable "keys_package_s3_version" {
  description = "Version of the object, if the bucket keeps versions. Without it the newest is taken, and a new one is noticed only by package_sha256. Of the functions of keys and the digest."
  type        = string
  default     = null
}

variable "keys_package_sha256" {
  description = "SHA-256 of the package in S3, in hexadecimal digits, as `scripts/build` writes it beside the package. A new value updates the function, and a function that then has another package is an error. Of the functions of keys and the digest."
  type        = string
  default     = null
}

variable "keys_release_sha256" {
  description = "SHA-256 of the release's package, in hexadecimal digits: a file that has another is not deployed. Of the functions of keys and the digest."
  type        = string
  default     = null
}

variable "keys_reserved_concurrency" {
  description = "How many runs there may be at a time, kept free for this function. By default it shares what the account has."
  type        = number
  default     = null
}

variable "keys_schedule" {
  description = "When the audit runs: a cron or rate expression of EventBridge Scheduler. By default at 10:00 on working days. Null: no schedule."
  type        = string
  default     = "cron(0 10 ? * MON-FRI *)"
}

variable "keys_timeout" {
  description = "Seconds a run may take. The default is the most Lambda gives: an account may have 5,000 users, and a run that is cut off has told nobody."
  type        = number
  default     = 900
  nullable    = false
}

variable "kms_key" {
  description = "ARN of a customer-managed KMS key for the function's environment, its log group and its failure queue. Its policy has to allow CloudWatch Logs of the region to use it. By default AWS's own keys are used."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days the log, which holds every report, is kept: a number CloudWatch Logs offers; 0 keeps it for ever."
  type        = number
  default     = 365
  nullable    = false
}

variable "management_account" {
  description = "Id of the organization's management account, if a new trail of the organization is made by a delegated administrator: the trail is the management account's then."
  type        = string
  default     = null
}

variable "max_disable" {
  description = "Most keys one run may disable; if it would be more, none is. The program's default is 25."
  type        = number
  default     = null
}

variable "max_disable_percent" {
  description = "The same in percent of the working keys."
  type        = number
  default     = null
}

variable "max_stop" {
  description = "The brake: most instances one run may stop; if it would be more, nothing is changed. The program's default is 10."
  type        = number
  default     = null
}

variable "max_terminate" {
  description = "The same for instances to be terminated. The program's default is 5."
  type        = number
  default     = null
}

variable "metrics" {
  description = "Whether the function writes metrics into its log, of which CloudWatch makes those of the namespace Sleuth."
  type        = bool
  default     = true
  nullable    = false
}

variable "notify_retry_seconds" {
  description = "Seconds a channel may spend on failed attempts and the waits after them. The program's default is 60."
  type        = number
  default     = null
}

variable "organization_id" {
  description = "Id of the organization, o-…, if the trail is one of an organization: its log files are below AWSLogs/ID/, and a new trail is made one of the organization."
  type        = string
  default     = null
}

variable "override_protection" {
  description = "Whether termination and stop protection that is in the way is switched off. Needs tag_action stop or terminate."
  type        = bool
  default     = false
  nullable    = false
}

variable "overwrite_trail_bucket_notification" {
  description = "Whether the events of an existing trail_bucket are switched on here, with source_of_events bucket_events and bucket_eventbridge. A bucket has one such configuration: whatever is there is REPLACED, and who was told by it is told no more. By default it is not touched; add the output trail_bucket_notification to it yourself."
  type        = bool
  default     = false
  nullable    = false
}

variable "overwrite_trail_bucket_policy" {
  description = "Whether the policy of an existing trail_bucket is written, so that CloudTrail may deliver to it. A bucket has one policy: whatever is there is REPLACED, and who had access by it has none any more. By default it is not touched; add the output trail_bucket_policy to it yourself."
  type        = bool
  default     = false
  nullable    = false
}

variable "overwrite_trail_topic_policy" {
  description = "Whether the policy of an existing topic is written, so that the trail may publish to it. A topic has one policy: whatever is there is REPLACED. By default it is not touched; add the output trail_topic_policy to it yourself."
  type        = bool
  default     = false
  nullable    = false
}

variable "owner_lookup_seconds" {
  description = "Seconds CloudTrail may be asked who launched instances, in all. 0: it is not asked, and the function may not. The program's default is 120."
  type        = number
  default     = null
}

variable "owner_tags" {
  description = "Keys of tags that name an owner, without case: the first that an instance has counts. The program's default is owner, created_by."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "package_s3_bucket" {
  description = "Bucket that holds the package, in the function's region. Needs package_s3_key."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds what the roles may do at most."
  type        = string
  default     = null
}

variable "protect_exempt" {
  description = "Whether the function is denied stopping and terminating instances that have a tag SleuthExempt, whatever it says. An exemption that is over has to be removed then before Sleuth can act."
  type        = bool
  default     = true
  nullable    = false
}

variable "protected_paths" {
  description = "Paths of IAM users whose keys must never be disabled, such as /admins/: the function is denied changing the keys of users below them, and the program leaves them alone."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "queue_age_alarm_minutes" {
  description = "Age of the oldest message, in minutes, at which an alarm begins: as long as the function does not come by. By default the delay and the time of two tries."
  type        = number
  default     = null
}

variable "queue_batch_size" {
  description = "Most messages one run of the function gets, 1 to 10000. More than 10 need a queue_batch_window_seconds of at least 1."
  type        = number
  default     = 10
  nullable    = false
}

variable "queue_batch_window_seconds" {
  description = "Seconds for which Lambda waits for more messages before it starts a run, 0 to 300. What comes together is told to owners in one message: a launch and the tags that are set right after it."
  type        = number
  default     = 20
  nullable    = false
}

variable "queue_delay_seconds" {
  description = "Seconds a message waits in the queue before it is looked at, 0 to 900. By default as long as the grace period, grace_minutes (5 minutes if not set, 2 at least), but never more than the 900 that SQS gives."
  type        = number
  default     = null
}

variable "queue_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts both queues. Its policy is not touched, and has to let the sender use it: the output queue_key_policy is what to add. By default SQS encrypts with a key of its own."
  type        = string
  default     = null
}

variable "queue_max_receive_count" {
  description = "How often a message is tried before it goes to the dead-letter queue, 1 to 1000. AWS advises 5 at least."
  type        = number
  default     = 5
  nullable    = false
}

variable "queue_maximum_concurrency" {
  description = "How many runs of the function the queue may start side by side, 2 to 1000. Each knows of its own stops and terminations only, so that the brake may let through that many times as much."
  type        = number
  default     = 2
  nullable    = false
}

variable "queue_retention_days" {
  description = "Days a message is kept in the queue, 1 to 13. The dead-letter queue keeps it for 14 days from when it was sent, so that some are left."
  type        = number
  default     = 4
  nullable    = false
}

variable "regions" {
  description = "Regions whose instances are looked at, such as eu-west-1. By default all that are enabled. What changes instances is allowed in these regions only."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "release" {
  description = "Tag of the release whose package is downloaded, such as v1.0.0. Needs release_repository and release_sha256, and curl where Terraform runs."
  type        = string
  default     = null
}

variable "release_repository" {
  description = "Repository that the release is of, OWNER/NAME."
  type        = string
  default     = null
}

variable "release_url" {
  description = "Where repositories are, for a mirror: the package is RELEASE_URL/OWNER/NAME/releases/download/TAG/FILE."
  type        = string
  default     = "https://github.com"
  nullable    = false
}

variable "required_tags" {
  description = "Required tags, as in `created_by,department,Code=LOL|GGG`."
  type        = string
  default     = null
}

variable "role_path" {
  description = "Path of the roles, such as /audit/."
  type        = string
  default     = "/"
  nullable    = false
}

variable "schedule_timezone" {
  description = "Time zone the schedule is read in, by its IANA name, such as Europe/Berlin. Daylight saving is followed."
  type        = string
  default     = "UTC"
  nullable    = false
}

variable "search_auth" {
  description = "How to log in to it: sigv4, by the role of the function, basic, by name and password, or none. The program's default is basic if a user is set, else sigv4 at AWS, else none."
  type        = string
  default     = null
}

variable "search_domain" {
  description = "ARN of the domain of OpenSearch Service at search_url, or of the collection of OpenSearch Serverless, for sigv4: the function may search and write the index of a domain. A collection's data access policy has to allow the function's role, too."
  type        = string
  default     = null
}

variable "search_index" {
  description = "The index. The program's default is aws-audits."
  type        = string
  default     = null
}

variable "search_password" {
  description = "The password, for basic. A secret: it stands in the state and in the function's environment. Better use search_password_secret."
  type        = string
  default     = null
  sensitive   = true
}

variable "search_password_secret" {
  description = "ARN of the secret or parameter that holds the password, for basic. Not together with search_password."
  type        = string
  default     = null
}

variable "search_url" {
  description = "Address of OpenSearch or Elasticsearch: https://HOST, with a path or without."
  type        = string
  default     = null
}

variable "search_user" {
  description = "The name, for basic."
  type        = string
  default     = null
}

variable "secrets_kms_keys" {
  description = "ARNs of the customer-managed KMS keys that encrypt any of the secrets. The function may decrypt with them, through the services that keep the secrets only. Not needed for the keys AWS manages."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "settable_tags" {
  description = "Keys of the tags that repairs may set: those that rules repair, with their aliases. The function may set no other. The module rules_table gives them as an output."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "settle_seconds" {
  description = "Seconds for which AWS is asked again for what it does not show yet; at most a third of timeout. The program's default is 60."
  type        = number
  default     = null
}

variable "slack_api_url" {
  description = "Another address of Slack's Web API, behind a proxy."
  type        = string
  default     = null
}

variable "slack_bot_token" {
  description = "Token of a Slack bot. A secret: it stands in the state and in the function's environment. Better use slack_bot_token_secret."
  type        = string
  default     = null
  sensitive   = true
}

variable "slack_bot_token_secret" {
  description = "ARN of the secret or parameter that holds the token of a Slack bot. Owners get direct messages, slack_channel the rest. Not together with slack_bot_token."
  type        = string
  default     = null
}

variable "slack_channel" {
  description = "The channel for what is not for one owner alone: an id such as C0123456789, or #name. Needed with a bot's token, and of use only with one."
  type        = string
  default     = null
}

variable "slack_url" {
  description = "Slack incoming webhook that is posted to. A secret: it stands in the state and in the function's environment. Better use slack_url_secret."
  type        = string
  default     = null
  sensitive   = true
}

variable "slack_url_secret" {
  description = "ARN of the Secrets Manager secret or Parameter Store parameter that holds the Slack webhook. Not together with slack_url."
  type        = string
  default     = null
}

variable "smtp_ca_file" {
  description = "File in the package with certificates in PEM form, to be trusted beside those of the machine, such as /var/task/ca.pem."
  type        = string
  default     = null
}

variable "smtp_password" {
  description = "Password for the mail server. A secret: it stands in the state and in the function's environment. Better use smtp_password_secret."
  type        = string
  default     = null
  sensitive   = true
}

variable "smtp_password_secret" {
  description = "ARN of the secret or parameter that holds the password for the mail server; it may be that of smtp_user_secret. Not together with smtp_password."
  type        = string
  default     = null
}

variable "smtp_url" {
  description = "Mail server: smtps://HOST (TLS) or smtp://HOST (STARTTLS, which the server must offer), with a port or without."
  type        = string
  default     = null
}

variable "smtp_user" {
  description = "Who logs in to the mail server. A secret: it stands in the state and in the function's environment. Better use smtp_user_secret."
  type        = string
  default     = null
  sensitive   = true
}

variable "smtp_user_secret" {
  description = "ARN of the secret or parameter that holds who logs in to the mail server. Not together with smtp_user."
  type        = string
  default     = null
}

variable "sns_topic" {
  description = "ARN of the SNS topic that is published to. The function may publish to this topic only."
  type        = string
  default     = null
}

variable "sns_topic_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts sns_topic, if one does. Its policy has to allow the function's role, too, if it is another account's."
  type        = string
  default     = null
}

variable "source_of_events" {
  description = "How the watch hears of instances. api_calls: an EventBridge rule on API calls, of which CloudTrail tells within seconds if there is a trail. tag_changes: an EventBridge rule on tags, which does not say who changed them, and never tells of an instance that is launched without tags, or started. bucket_events, bucket_eventbridge and trail_topic: log files of CloudTrail, after about five minutes, of which the bucket tells the queue itself or by EventBridge, or the trail's topic does."
  type        = string
  default     = "api_calls"
  nullable    = false
}

variable "tag_action" {
  description = "The severest action a run may take: notify, repair, stop or terminate. The function has the permissions for it, and no more."
  type        = string
  default     = "notify"
  nullable    = false
}

variable "tag_notification_text" {
  description = "What owners of instances should do."
  type        = string
  default     = null
}

variable "tag_notification_title" {
  description = "Title of messages about tags. The program's default is AWS EC2 Tag Report."
  type        = string
  default     = null
}

variable "tag_rules_file" {
  description = "File in the package with tag rules, such as /var/task/rules.toml: JSON if its name ends in .json, else TOML. One of three ways to give rules: this, tag_rules_table or required_tags."
  type        = string
  default     = null
}

variable "tag_rules_table" {
  description = "Name of the DynamoDB table with tag rules, or its ARN if it is in another region: the function may scan this table only."
  type        = string
  default     = null
}

variable "tag_rules_table_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts tag_rules_table, if one does."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything that can be tagged. A schedule cannot."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "tags_asynchronous_retries" {
  description = "How often Lambda repeats a failed run, 0 to 2. By default not at all: a run that failed has already acted and told people, and a second one would tell them again."
  type        = number
  default     = 0
  nullable    = false
}

variable "tags_memory_size" {
  description = "Memory of the function in MB; its share of a processor grows with it."
  type        = number
  default     = 256
  nullable    = false
}

variable "tags_missing_run_hours" {
  description = "After how many hours without a run there is an alarm, 1 to 168: more than the longest rest of the schedule. The default is longer than a weekend, by the hour that a clock is put forward or back and one more. Null, or no schedule: none."
  type        = number
  default     = 74
}

variable "tags_name" {
  description = "Name of the function, its schedule and its role; part of the names of its log group, its queue and its alarms."
  type        = string
  default     = "sleuth-tags"
  nullable    = false
}

variable "tags_package" {
  description = "Path of the zip file that holds the function's `bootstrap`, as `scripts/build` writes it. One of three ways to give the package: this, package_s3_bucket with package_s3_key, or release with release_repository and release_sha256. Of the functions of tags and the watch, and of the digest if there is one of these and none of keys."
  type        = string
  default     = null
}

variable "tags_package_s3_key" {
  description = "Key of the package in package_s3_bucket. Of the functions of tags and the watch, and of the digest if there is one of these and none of keys."
  type        = string
  default     = null
}

variable "tags_package_s3_version" {
  description = "Version of the object, if the bucket keeps versions. Without it the newest is taken, and a new one is noticed only by package_sha256. Of the functions of tags and the watch, and of the digest if there is one of these and none of keys."
  type        = string
  default     = null
}

variable "tags_package_sha256" {
  description = "SHA-256 of the package in S3, in hexadecimal digits, as `scripts/build` writes it beside the package. A new value updates the function, and a function that then has another package is an error. Of the functions of tags and the watch, and of the digest if there is one of these and none of keys."
  type        = string
  default     = null
}

variable "tags_release_sha256" {
  description = "SHA-256 of the release's package, in hexadecimal digits: a file that has another is not deployed. Of the functions of tags and the watch, and of the digest if there is one of these and none of keys."
  type        = string
  default     = null
}

variable "tags_reserved_concurrency" {
  description = "How many runs there may be at a time, kept free for this function. By default it shares what the account has."
  type        = number
  default     = null
}

variable "tags_schedule" {
  description = "When the audit runs: a cron or rate expression of EventBridge Scheduler. By default at 10:00 on working days. Null: no schedule."
  type        = string
  default     = "cron(0 10 ? * MON-FRI *)"
}

variable "tags_timeout" {
  description = "Seconds a run may take. The default is the most Lambda gives: an account may have 5,000 users, and a run that is cut off has told nobody."
  type        = number
  default     = 900
  nullable    = false
}

variable "tracing" {
  description = "Whether runs are traced by X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "trail_all_regions" {
  description = "Whether the new trail records all regions, not only that of the watch."
  type        = bool
  default     = true
  nullable    = false
}

variable "trail_arn" {
  description = "ARN of the existing trail, to which a new bucket or a new topic is made ready. Set both of them in the trail yourself, after they were made: it is not touched."
  type        = string
  default     = null
}

variable "trail_bucket" {
  description = "Name of the bucket with the log files, new or existing. A new one is called NAME-trail-ACCOUNT-REGION by default. An existing one is not touched, unless overwrite_trail_bucket_policy or overwrite_trail_bucket_notification says so."
  type        = string
  default     = null
}

variable "trail_bucket_account" {
  description = "Id of the account that an existing trail_bucket is in, if it is another one. Its owner has to let the function's role read it."
  type        = string
  default     = null
}

variable "trail_bucket_force_destroy" {
  description = "Whether a new bucket is removed with all log files in it when the module is. Otherwise removing it fails as long as there are any."
  type        = bool
  default     = false
  nullable    = false
}

variable "trail_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts the log files. The function may decrypt with it, through S3 only; a new trail encrypts with it. Its policy is not touched: it has to let CloudTrail encrypt and this account decrypt."
  type        = string
  default     = null
}

variable "trail_name" {
  description = "Name of the new trail. By default that of the watch."
  type        = string
  default     = null
}

variable "trail_prefix" {
  description = "Prefix of the log files in the bucket, as the trail has it, without slashes at its ends."
  type        = string
  default     = null
}

variable "trail_read_events" {
  description = "Whether the new trail records calls that only read, too. The watch does not need them."
  type        = bool
  default     = false
  nullable    = false
}

variable "trail_retention_days" {
  description = "Days a new bucket keeps log files; 0 keeps them for ever."
  type        = number
  default     = 365
  nullable    = false
}

variable "trail_topic" {
  description = "ARN of the existing topic that the trail, or the bucket, tells of log files, in any region; with create_trail the new trail's. Its policy is not touched unless overwrite_trail_topic_policy says so."
  type        = string
  default     = null
}

variable "trail_topic_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts a new topic. Its policy is not touched, and has to let CloudTrail use it. By default the topic is not encrypted: its messages hold names of log files only."
  type        = string
  default     = null
}

variable "vpc_security_groups" {
  description = "Security groups of the function in vpc_subnets, by id."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "vpc_subnets" {
  description = "Subnets to run in, by id. They need a way to AWS's services and to the channels. By default the function is in no VPC."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "warning_age" {
  description = "Days since creation at which a key's owner is warned; lower than expiration_age. The program's default is 80."
  type        = number
  default     = null
}

variable "watch_memory_size" {
  description = "Memory of the function in MB; its share of a processor grows with it."
  type        = number
  default     = 256
  nullable    = false
}

variable "watch_missing_run_hours" {
  description = "With schedule: after how many hours without a run there is an alarm, 1 to 168. Runs of the watch count too, so that it is of use only where little happens. Null: none."
  type        = number
  default     = null
}

variable "watch_name" {
  description = "Name of the function, its role, its queue and its rule, and the beginning of all other names."
  type        = string
  default     = "sleuth-watch"
  nullable    = false
}

variable "watch_reserved_concurrency" {
  description = "How many runs there may be at a time, kept free for this function. By default it shares what the account has."
  type        = number
  default     = null
}

variable "watch_schedule" {
  description = "When the function also audits all instances: a cron or rate expression of EventBridge Scheduler. By default it does not, and another function has to. One function for both knows its own changes."
  type        = string
  default     = null
}

variable "watch_timeout" {
  description = "Seconds a run may take, 30 to 900. What failed comes again after six times as long, so that the default is less than the most Lambda gives. With schedule it has to be enough for the audit of all instances, too."
  type        = number
  default     = 300
  nullable    = false
}
