data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id

  # Made from names, not taken from the resources, so that a plan shows the policies in full before anything exists.
  function_arn  = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}"
  log_group_arn = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.log_group_name}"

  log_group_name = "/aws/lambda/${var.name}"

  settings = {
    ENABLE_AUTO_EXPIRE          = var.enable_auto_expire ? "true" : null
    MAX_DISABLE                 = var.max_disable
    MAX_DISABLE_PERCENT         = var.max_disable_percent
    CANARY_USER                 = var.canary_user
    INVENTORY                   = var.inventory
    CONCURRENCY                 = var.concurrency
    EXPIRATION_AGE              = var.expiration_age
    WARNING_AGE                 = var.warning_age
    INACTIVITY_AGE              = var.inactivity_age
    INACTIVITY_WARNING_AGE      = var.inactivity_warning_age
    EXPIRE_NOTIFICATION_TITLE   = var.expire_notification_title
    EXPIRE_NOTIFICATION_TEXT    = var.expire_notification_text
    INACTIVE_NOTIFICATION_TITLE = var.inactive_notification_title
    INACTIVE_NOTIFICATION_TEXT  = var.inactive_notification_text
    SLACK_URL                   = var.slack_url_secret
    SNS_TOPIC                   = var.sns_topic
    NOTIFY_RETRY_SECONDS        = var.notify_retry_seconds
    AWS_RETRY_MODE              = var.retry_mode
    DEBUG                       = var.debug ? "true" : null
  }

  # Whether there is a webhook is no secret, and kept apart from its value it lets plans show all other settings.
  posts_to_slack = nonsensitive(trimspace(coalesce(var.slack_url, " ")) != "")

  environment = merge(
    { for name, value in local.settings : name => tostring(value) if trimspace(coalesce(value, " ")) != "" },
    local.posts_to_slack ? { SLACK_URL = var.slack_url } : {},
  )

  topics = compact([trimspace(coalesce(var.sns_topic, " "))])

  # Where a secret is kept is read off its ARN: arn:PARTITION:SERVICE:REGION:…
  slack_secrets = [
    for arn in compact([trimspace(coalesce(var.slack_url_secret, " "))]) : {
      arn     = arn
      service = split(":", arn)[2]
      # How KMS names the service when it asks for the function. It is not certain which suffix that takes in partitions
      # with one of their own, such as China's; nobody but the service can go by either name.
      kept_by = [
        for suffix in distinct(["amazonaws.com", data.aws_partition.current.dns_suffix]) :
        "${split(":", arn)[2]}.${split(":", arn)[3]}.${suffix}"
      ]
    }
  ]

  slack_secret_keys = compact([trimspace(coalesce(var.slack_url_secret_kms_key, " "))])
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:Encrypted with AWS's own key. The log names users and keys, and holds no secret.

  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:A run calls a few services once a day. Its log tells what it did and how long it took.
  #checkov:skip=CKV_AWS_115:A schedule starts it once a day, and nothing else does.
  #checkov:skip=CKV_AWS_116:Its event is empty. There is nothing to keep of a run that failed.
  #checkov:skip=CKV_AWS_117:It calls nothing but public endpoints, and nothing calls it.
  #checkov:skip=CKV_AWS_173:Encrypted with AWS's own key. Secrets need not stand there: settings take ARNs of them.
  #checkov:skip=CKV_AWS_272:Its package is uploaded by whoever deploys, who would sign it too.

  function_name = var.name
  description   = "Audits the account's access keys, warns their owners, and disables expired keys if allowed to."
  role          = aws_iam_role.function.arn

  package_type     = "Zip"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  architectures    = [var.architecture]
  runtime          = "provided.al2023"
  handler          = "bootstrap"

  # The most Lambda gives: an account may have 5,000 users, and a run that is cut off has told nobody.
  timeout     = 900
  memory_size = 256

  dynamic "environment" {
    for_each = length(local.environment) > 0 ? [local.environment] : []

    content {
      variables = environment.value
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
    # Lambda drops lines below this level, so DEBUG alone would show nothing more.
    application_log_level = var.debug ? "DEBUG" : "INFO"
    system_log_level      = "INFO"
  }

  tags = var.tags

  # Permissions first: a run without them could do nothing but fail.
  depends_on = [aws_iam_role_policy.function]
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name = aws_lambda_function.this.function_name
  # A run that failed has already acted and told people; a second one would tell them again.
  maximum_retry_attempts = 0
  # An event that waits longer than this for a free slot is left to the next day's run.
  maximum_event_age_in_seconds = 3600
}

resource "aws_scheduler_schedule" "this" {
  #checkov:skip=CKV_AWS_297:What a schedule holds is no secret: the name of the function and an empty event.

  name                         = var.name
  description                  = "Starts ${var.name}."
  schedule_expression          = var.schedule
  schedule_expression_timezone = var.schedule_timezone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.this.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = "{}"

    # Only for runs that could not be started. The defaults, 185 attempts in a day, could reach into the next day's run.
    retry_policy {
      maximum_retry_attempts       = 10
      maximum_event_age_in_seconds = 3600
    }
  }

  # The first run must find its permissions, and its retries switched off.
  depends_on = [
    aws_iam_role_policy.scheduler,
    aws_lambda_function_event_invoke_config.this,
  ]
}
