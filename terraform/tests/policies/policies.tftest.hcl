# What functions may do with settings that together need every permission a module can give. scripts/terraform-policies
# writes what each plan holds to terraform/policies, from where the tests of the program take it and run with it.

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

# What only AWS could answer, and the region, which not every provider that stands in for this one knows.
override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = data.aws_region.current
  values = { region = "eu-west-1" }
}

override_data {
  target = module.function.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.function.data.aws_region.current
  values = { region = "eu-west-1" }
}

variables {
  # Any file will do: a plan does not upload it.
  package = "versions.tf"
}

run "keys" {
  command = plan

  module {
    source = "../../modules/keys"
  }

  variables {
    # The default ages never depend on a key's last use.
    inactivity_age         = 60
    inactivity_warning_age = 50
  }
}

run "keys-everything" {
  command = plan

  module {
    source = "../../modules/keys"
  }

  variables {
    name                   = "sleuth-keys-everything"
    inactivity_age         = 60
    inactivity_warning_age = 50
    enable_auto_expire     = true
    canary_user            = "canary"
    inventory              = "report"
    protected_paths        = ["/protected/"]
    slack_url_secret       = "arn:aws:ssm:eu-west-1:123456789012:parameter/sleuth/slack"
    secrets_kms_keys       = ["arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000001"]
    sns_topic              = "arn:aws:sns:eu-west-1:123456789012:audits"
    sns_topic_kms_key      = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000002"
    archive                = "s3://larkspur-reports/sleuth"
    archive_kms_key        = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000003"
    search_url             = "https://search-reports-0123456789.eu-west-1.es.amazonaws.com"
    search_domain          = "arn:aws:es:eu-west-1:123456789012:domain/reports"
  }
}

# Where nobody may see the policies of all users.
run "keys-listed" {
  command = plan

  module {
    source = "../../modules/keys"
  }

  variables {
    name                   = "sleuth-keys-listed"
    inactivity_age         = 60
    inactivity_warning_age = 50
    enable_auto_expire     = true
    authorization_details  = false
    slack_url_secret       = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sleuth-slack-AbCdEf"
    search_url             = "https://0123456789.eu-west-1.aoss.amazonaws.com"
    search_domain          = "arn:aws:aoss:eu-west-1:123456789012:collection/0123456789"
  }
}

run "tags" {
  command = plan

  module {
    source = "../../modules/tags"
  }

  variables {
    tag_rules_table = "sleuth-rules"
  }
}

run "tags-everything" {
  command = plan

  module {
    source = "../../modules/tags"
  }

  variables {
    name                = "sleuth-tags-everything"
    tag_rules_table     = "sleuth-rules"
    tag_action          = "terminate"
    settable_tags       = ["Owner"]
    override_protection = true
    canary_tags         = "true"
    slack_url_secret    = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sleuth-slack-AbCdEf"
    sns_topic           = "arn:aws:sns:eu-west-1:123456789012:audits"
    archive             = "s3://larkspur-reports/sleuth"
    search_url          = "https://search-reports-0123456789.eu-west-1.es.amazonaws.com"
    search_domain       = "arn:aws:es:eu-west-1:123456789012:domain/reports"
    tracing             = true
    vpc_subnets         = ["subnet-0123456789abcdef0"]
    vpc_security_groups = ["sg-0123456789abcdef0"]
  }
}

# Where nobody may see the policies of all users, and changes are for one region.
run "tags-listed" {
  command = plan

  module {
    source = "../../modules/tags"
  }

  variables {
    name                  = "sleuth-tags-listed"
    tag_rules_table       = "sleuth-rules"
    tag_action            = "repair"
    settable_tags         = ["Owner"]
    regions               = ["eu-west-1"]
    authorization_details = false
  }
}

# The role in another account has a policy, too.
run "watch" {
  command = plan

  module {
    source = "../../modules/watch"
  }

  variables {
    tag_rules_table      = "sleuth-rules"
    tag_action           = "terminate"
    settable_tags        = ["Owner"]
    source_of_events     = "bucket_events"
    trail_bucket         = "acme-trail"
    trail_kms_key        = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000004"
    assume_role_name     = "sleuth"
    assume_role_accounts = ["210987654321"]
    settle_seconds       = 1
    slack_url_secret     = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sleuth-slack-AbCdEf"
  }
}

run "digest" {
  command = plan

  module {
    source = "../../modules/digest"
  }

  variables {
    archive         = "s3://larkspur-reports/sleuth"
    archive_kms_key = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000003"
    sns_topic       = "arn:aws:sns:eu-west-1:123456789012:audits"
  }
}

run "digest-search" {
  command = plan

  module {
    source = "../../modules/digest"
  }

  variables {
    name          = "sleuth-digest-search"
    search_url    = "https://search-reports-0123456789.eu-west-1.es.amazonaws.com"
    search_domain = "arn:aws:es:eu-west-1:123456789012:domain/reports"
    sns_topic     = "arn:aws:sns:eu-west-1:123456789012:audits"
  }
}

# Over the accounts of an organization but those of a unit: here, and by a role in each other.
run "organization-keys" {
  command = plan

  module {
    source = "./organization"
  }

  variables {
    audit    = "keys"
    accounts = ["org"]
    settings = {
      enable_auto_expire = true
      inventory          = "report"
      protected_paths    = ["/protected/"]
    }
    own = {
      organization_id                = "o-a1b2c3d4e5"
      exclude_accounts               = ["ou-ab12-22222222"]
      assume_role_external_id_secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sleuth-external-id-AbCdEf"
      inactivity_age                 = 60
      inactivity_warning_age         = 50
      max_disable_total              = 100
      sns_topic                      = "arn:aws:sns:eu-west-1:123456789012:audits"
      archive                        = "s3://larkspur-reports/sleuth"
      archive_kms_key                = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000003"
    }
  }

  override_data {
    target = module.organization.data.aws_caller_identity.current
    values = { account_id = "123456789012" }
  }

  override_data {
    target = module.organization.data.aws_region.current
    values = { region = "eu-west-1" }
  }

  override_data {
    target = module.organization.module.function.data.aws_caller_identity.current
    values = { account_id = "123456789012" }
  }

  override_data {
    target = module.organization.module.function.data.aws_region.current
    values = { region = "eu-west-1" }
  }

  override_data {
    target = module.member.data.aws_caller_identity.current
    values = { account_id = "210987654321" }
  }
}

# Over all accounts of an organization.
run "organization-tags" {
  command = plan

  module {
    source = "./organization"
  }

  variables {
    audit    = "tags"
    accounts = ["org"]
    settings = {
      tag_action          = "terminate"
      settable_tags       = ["Owner"]
      canary_tags         = "true"
      override_protection = true
    }
    own = {
      organization_id     = "o-a1b2c3d4e5"
      tag_rules_table     = "sleuth-rules"
      max_stop_total      = 100
      max_terminate_total = 100
      archive             = "s3://larkspur-reports/sleuth"
    }
  }

  override_data {
    target = module.organization.data.aws_caller_identity.current
    values = { account_id = "123456789012" }
  }

  override_data {
    target = module.organization.data.aws_region.current
    values = { region = "eu-west-1" }
  }

  override_data {
    target = module.organization.module.function.data.aws_caller_identity.current
    values = { account_id = "123456789012" }
  }

  override_data {
    target = module.organization.module.function.data.aws_region.current
    values = { region = "eu-west-1" }
  }

  override_data {
    target = module.member.data.aws_caller_identity.current
    values = { account_id = "210987654321" }
  }
}
