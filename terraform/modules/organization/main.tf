# The function, which does each step of a run. state_machine.tf has what calls it.

locals {
  audit = var.audit
  name  = coalesce(var.name, "sleuth-organization-${var.audit}")
  role  = coalesce(var.assume_role_name, "sleuth-member-${var.audit}")

  schedule_target = { arn = local.state_machine_arn, action = "states:StartExecution" }
  # A run is named after the schedule's time, so that one that is started twice is done once. Not jsonencode, which would
  # write the brackets in a way that the scheduler does not know.
  schedule_input = "{\"time\":\"<aws.scheduler.scheduled-time>\"}"

  environment = merge(
    local.outputs_environment,
    var.audit == "keys" ? local.keys_environment : local.tags_environment,
    { AUDITS = local.audit },
    {
      for name, value in {
        ACCOUNTS            = join(",", var.accounts)
        ORG_UNITS           = join(",", var.org_units)
        EXCLUDE_ACCOUNTS    = join(",", var.exclude_accounts)
        ASSUME_ROLE_NAME    = local.role
        MAX_DISABLE_TOTAL   = var.max_disable_total
        MAX_STOP_TOTAL      = var.max_stop_total
        MAX_TERMINATE_TOTAL = var.max_terminate_total
      } : name => tostring(value) if trimspace(coalesce(value, " ")) != ""
    }
  )
}

locals {
  # The last step holds the reports of all accounts: less would end it, with nobody told, at some hundred of them.
  memory_size = max(var.memory_size, 1024)
}

module "function" {
  source = "../function"

  name        = local.name
  description = "Does the steps of the state machine ${local.name}: the audit of ${var.audit == "keys" ? "access keys" : "EC2 tags"} over many accounts."
  artifact    = "sleuth-${var.audit}"

  environment        = local.environment
  secret_environment = local.outputs_secret_environment
  policy             = local.policy

  schedule        = var.schedule
  schedule_target = local.schedule_target
  schedule_input  = local.schedule_input

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
  memory_size                 = local.memory_size
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
