locals {
  # Made from names, not taken from the resources, so that a plan shows the policies in full before anything exists.
  function_arn   = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}"
  log_group_name = "/aws/lambda/${var.name}"
  log_group_arn  = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.log_group_name}"

  # Which settings are secrets is none, and kept apart from their values it lets plans show all others.
  secret_names = nonsensitive(toset(keys(var.secret_environment)))
  environment  = merge(var.environment, { for name in local.secret_names : name => var.secret_environment[name] })

  # As Lambda measures it: all names and values as one JSON object, in bytes, of which base64 makes four characters of three.
  # Terraform writes three signs in a longer way than Lambda.
  environment_base64 = base64encode(
    replace(replace(replace(jsonencode(sensitive(local.environment)), "\\u003c", "<"), "\\u003e", ">"), "\\u0026", "&")
  )
  environment_bytes = nonsensitive(3 * length(local.environment_base64) / 4 - length(regexall("=", local.environment_base64)))

  debug = contains(keys(var.environment), "DEBUG")

  file = "${var.artifact}-${var.architecture}.zip"

  source_code_hash = (
    var.package != null ? filebase64sha256(var.package) :
    var.release != null ? one(module.package[*].source_code_hash) :
    one(module.checksum[*].base64)
  )
}

module "package" {
  source = "../package"
  count  = var.release == null ? 0 : 1

  url       = "${var.release_url}/${var.release_repository}/releases/download/${var.release}/${local.file}"
  sha256    = var.release_sha256
  needed_by = var.name
}

module "checksum" {
  source = "../checksum"
  count  = var.package_sha256 == null ? 0 : 1

  sha256 = var.package_sha256
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:The input tracing turns it on. Checkov does not follow the condition.
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.function.arn

  package_type            = "Zip"
  filename                = var.package != null ? var.package : one(module.package[*].path)
  s3_bucket               = var.package_s3_bucket
  s3_key                  = var.package_s3_key
  s3_object_version       = var.package_s3_version
  source_code_hash        = local.source_code_hash
  code_signing_config_arn = var.code_signing_config
  architectures           = [var.architecture]
  runtime                 = "provided.al2023"
  handler                 = "bootstrap"

  timeout                        = var.timeout
  memory_size                    = var.memory_size
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = var.kms_key

  dynamic "environment" {
    for_each = length(local.environment) > 0 ? [local.environment] : []

    content {
      variables = environment.value
    }
  }

  dynamic "vpc_config" {
    for_each = length(var.vpc_subnets) > 0 ? [true] : []

    content {
      subnet_ids         = var.vpc_subnets
      security_group_ids = var.vpc_security_groups
    }
  }

  dynamic "tracing_config" {
    for_each = var.tracing ? [true] : []

    content {
      mode = "Active"
    }
  }

  dynamic "dead_letter_config" {
    for_each = compact([local.failure_destination])

    content {
      target_arn = dead_letter_config.value
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
    # Lambda drops lines below this level, so DEBUG alone would show nothing more.
    application_log_level = local.debug ? "DEBUG" : "INFO"
    system_log_level      = "INFO"
  }

  tags = var.tags

  # Permissions first: a run without them could do nothing but fail. And the queue, which is known here by its name only.
  depends_on = [
    aws_iam_role_policy.function,
    aws_sqs_queue.failed,
  ]

  lifecycle {
    precondition {
      condition     = local.environment_bytes <= 4096
      error_message = "The settings of ${var.name} would have ${local.environment_bytes} bytes, and Lambda takes 4096: make the longest of the inputs shorter, such as texts of messages and lists, and put secrets into Secrets Manager or Parameter Store instead of giving them as they are."
    }

    postcondition {
      # source_code_hash only says when to upload: what AWS took from a bucket is known by code_sha256. A plan has the old
      # one of a function that gets a new package, but does not know last_modified then, and leaves this to the apply.
      condition     = local.source_code_hash == null || self.last_modified == "" || self.code_sha256 == local.source_code_hash
      error_message = "The function ${var.name} has another package than it should, by its SHA-256: the object in the bucket is another one, or somebody uploaded one since. Put the right package there and apply with -replace for this resource; until then the function is not to be trusted."
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name          = aws_lambda_function.this.function_name
  maximum_retry_attempts = var.asynchronous_retries
  # An event that waits longer than this for a free slot is left to the next run.
  maximum_event_age_in_seconds = 3600

  dynamic "destination_config" {
    for_each = compact([local.failure_destination])

    content {
      on_failure {
        destination = destination_config.value
      }
    }
  }
}
