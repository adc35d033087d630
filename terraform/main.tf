# functions.tf has the functions: scripts/terraform-generate makes the calls of their modules.

locals {
  # The table that is made here, or another one.
  tag_rules_table         = length(var.rules) > 0 ? one(module.rules_table[*].name) : var.tag_rules_table
  tag_rules_table_kms_key = length(var.rules) > 0 ? var.kms_key : var.tag_rules_table_kms_key

  # What the rules repair, and what is named beside them.
  settable_tags = sort(distinct(concat(var.settable_tags, flatten(module.rules_table[*].settable_tags))))

  # Either package can make digests. That of tags does if it is there anyway, and that of keys is not.
  digest_by_tags            = !var.enable_keys && (var.enable_tags || var.enable_watch)
  digest_artifact           = local.digest_by_tags ? "sleuth-tags" : "sleuth-keys"
  digest_package            = local.digest_by_tags ? var.tags_package : var.keys_package
  digest_package_s3_key     = local.digest_by_tags ? var.tags_package_s3_key : var.keys_package_s3_key
  digest_package_s3_version = local.digest_by_tags ? var.tags_package_s3_version : var.keys_package_s3_version
  digest_package_sha256     = local.digest_by_tags ? var.tags_package_sha256 : var.keys_package_sha256
  digest_release_sha256     = local.digest_by_tags ? var.tags_release_sha256 : var.keys_release_sha256
}

module "rules_table" {
  source = "./modules/rules_table"
  count  = length(var.rules) > 0 ? 1 : 0

  name                = var.rules_table_name
  rules               = var.rules
  deletion_protection = var.rules_table_deletion_protection
  kms_key             = var.kms_key
  tags                = var.tags
}

module "dashboard" {
  source = "./modules/dashboard"
  count  = var.dashboard ? 1 : 0

  name     = var.dashboard_name
  accounts = var.enable_watch ? sort(tolist(var.assume_role_accounts)) : []
  audits = compact([
    var.enable_keys ? "keys" : "",
    var.enable_tags || (var.enable_watch && var.watch_schedule != null) ? "tags" : "",
    var.enable_watch ? "watch" : "",
  ])
  functions = flatten([
    module.keys[*].function_name,
    module.tags[*].function_name,
    module.watch[*].function_name,
    module.digest[*].function_name,
  ])
}
