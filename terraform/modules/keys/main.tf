locals {
  audit   = "keys"
  secrets = { arns = {}, values = {} }

  environment = merge(local.outputs_environment, local.keys_environment, { AUDITS = local.audit })

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = flatten([
      for policy in [local.keys_statements, local.outputs_statements] : try(jsondecode(policy).Statement, [])
    ])
  })
}

module "function" {
  source = "../function"

  name        = var.name
  description = "Audits the account's access keys, warns their owners, and disables expired keys if allowed to."
  artifact    = "sleuth-keys"

  environment        = local.environment
  secret_environment = local.outputs_secret_environment
  policy             = local.policy

  schedule = var.schedule
  # What nobody starts is never missing.
  missing_run_hours    = var.schedule == null ? null : var.missing_run_hours
  asynchronous_retries = var.asynchronous_retries

  package                     = var.package
  package_s3_bucket           = var.package_s3_bucket
  package_s3_key              = var.package_s3_key
  package_s3_version          = var.package_s3_version
  package_sha256              = var.package_sha256
  release                     = var.release
  release_repository          = var.release_repository
  release_sha256              = var.release_sha256
  release_url                 = var.release_url
  architecture                = var.architecture
  timeout                     = var.timeout
  memory_size                 = var.memory_size
  reserved_concurrency        = var.reserved_concurrency
  schedule_timezone           = var.schedule_timezone
  tracing                     = var.tracing
  kms_key                     = var.kms_key
  permissions_boundary        = var.permissions_boundary
  role_path                   = var.role_path
  vpc_subnets                 = var.vpc_subnets
  vpc_security_groups         = var.vpc_security_groups
  code_signing_config         = var.code_signing_config
  log_retention_days          = var.log_retention_days
  failure_queue               = var.failure_queue
  failure_destination         = var.failure_destination
  failure_destination_kms_key = var.failure_destination_kms_key
  alarms                      = var.alarms
  alarm_topics                = var.alarm_topics
  tags                        = var.tags
}
