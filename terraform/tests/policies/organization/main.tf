# The audit over many accounts, with the role in each of them by the same settings.

variable "package" {
  description = "Handed on."
  type        = string
}

variable "audit" {
  description = "Handed on."
  type        = string
}

variable "accounts" {
  description = "Handed on."
  type        = list(string)
}

variable "settings" {
  description = "What is handed to the function and to the role."
  type = object({
    enable_auto_expire    = optional(bool, false)
    inventory             = optional(string)
    protected_paths       = optional(list(string), [])
    tag_action            = optional(string, "notify")
    settable_tags         = optional(list(string), [])
    canary_tags           = optional(string)
    override_protection   = optional(bool, false)
    regions               = optional(list(string), [])
    authorization_details = optional(bool, true)
  })
}

variable "own" {
  description = "What is handed to the function only."
  type = object({
    exclude_accounts               = optional(list(string), [])
    organization_id                = optional(string)
    assume_role_external_id_secret = optional(string)
    inactivity_age                 = optional(number)
    inactivity_warning_age         = optional(number)
    max_disable_total              = optional(number)
    max_stop_total                 = optional(number)
    max_terminate_total            = optional(number)
    tag_rules_table                = optional(string)
    sns_topic                      = optional(string)
    archive                        = string
    archive_kms_key                = optional(string)
  })
}

module "organization" {
  source = "../../../modules/organization"

  package  = var.package
  audit    = var.audit
  accounts = var.accounts

  enable_auto_expire    = var.settings.enable_auto_expire
  inventory             = var.settings.inventory
  protected_paths       = var.settings.protected_paths
  tag_action            = var.settings.tag_action
  settable_tags         = var.settings.settable_tags
  canary_tags           = var.settings.canary_tags
  override_protection   = var.settings.override_protection
  regions               = var.settings.regions
  authorization_details = var.settings.authorization_details

  exclude_accounts               = var.own.exclude_accounts
  organization_id                = var.own.organization_id
  assume_role_external_id_secret = var.own.assume_role_external_id_secret
  inactivity_age                 = var.own.inactivity_age
  inactivity_warning_age         = var.own.inactivity_warning_age
  max_disable_total              = var.own.max_disable_total
  max_stop_total                 = var.own.max_stop_total
  max_terminate_total            = var.own.max_terminate_total
  tag_rules_table                = var.own.tag_rules_table
  sns_topic                      = var.own.sns_topic
  archive                        = var.own.archive
  archive_kms_key                = var.own.archive_kms_key
}

module "member" {
  source = "../../../modules/member_role"

  audit          = var.audit
  function_roles = ["arn:aws:iam::123456789012:role/sleuth-organization-${var.audit}"]

  enable_auto_expire    = var.settings.enable_auto_expire
  inventory             = var.settings.inventory
  protected_paths       = var.settings.protected_paths
  tag_action            = var.settings.tag_action
  settable_tags         = var.settings.settable_tags
  canary_tags           = var.settings.canary_tags
  override_protection   = var.settings.override_protection
  regions               = var.settings.regions
  authorization_details = var.settings.authorization_details
}

output "policy" {
  description = "What the function may do."
  value       = module.organization.policy
}

output "member_role_policies" {
  description = "What the role may do in each account: the same, there."
  value       = { "210987654321" = module.member.policy }
}
