locals {
  audit = "watch"

  environment = merge(local.outputs_environment, local.tags_environment, {
    for name, value in {
      AUDITS           = var.schedule == null ? "watch" : "tags,watch"
      SETTLE_SECONDS   = var.settle_seconds
      ASSUME_ROLE_NAME = var.assume_role_name
    } : name => tostring(value) if value != null
  })
}

module "function" {
  source = "../function"

  name               = var.name
  description        = "Judges EC2 instances by their tags as soon as something happens to them, tells their owners, and acts if allowed to."
  artifact           = "sleuth-tags"
  environment        = local.environment
  secret_environment = local.outputs_secret_environment
  policy             = local.policy

  package            = var.package
  package_s3_bucket  = var.package_s3_bucket
  package_s3_key     = var.package_s3_key
  package_s3_version = var.package_s3_version
  package_sha256     = var.package_sha256
  release            = var.release
  release_repository = var.release_repository
  release_sha256     = var.release_sha256
  release_url        = var.release_url
  architecture       = var.architecture

  schedule          = var.schedule
  schedule_timezone = var.schedule_timezone
  missing_run_hours = var.missing_run_hours

  timeout                     = var.timeout
  memory_size                 = var.memory_size
  reserved_concurrency        = var.reserved_concurrency
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

# A rule's own grace may be longer, too: those instances are left to the audit of all instances as well.
check "grace" {
  assert {
    condition     = 60 * local.grace_minutes <= local.delay_seconds
    error_message = "grace_minutes, ${local.grace_minutes}, is longer than messages wait in the queue, ${local.delay_seconds} seconds: launches are left to the next audit of all instances, and the watch acts on later changes only."
  }
}
