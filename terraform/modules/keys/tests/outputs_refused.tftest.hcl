# Plans only: nothing is made and AWS is not asked, so these tests need no account.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

# The one thing only AWS could answer.
override_data {
  target = data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

override_data {
  target = module.function.data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

variables {
  # Any file will do: a plan does not upload it.
  package = "versions.tf"
}

# Channels and stores that cannot be used are refused, each by its own variable: a run fails if one of them is not.

run "of_the_wrong_form" {
  command = plan

  variables {
    slack_url            = "http://hooks.slack.com/services/T0/B0/x"
    slack_bot_token      = "xoxp-1-2-x"
    slack_api_url        = "http://slack.com/api"
    sns_topic            = "arn:aws:sqs:us-east-1:123456789012:keys"
    smtp_url             = "smtps://user:password@smtp.larkspur.example"
    smtp_user            = "arn:aws:ssm:us-east-1:123456789012:parameter/user"
    smtp_password        = "arn:aws:ssm:us-east-1:123456789012:parameter/password"
    search_url           = "https://user:password@search.larkspur.example"
    search_password      = "arn:aws:ssm:us-east-1:123456789012:parameter/search"
    archive              = "https://larkspur-reports.s3.amazonaws.com/sleuth"
    notify_retry_seconds = 901
    concurrency          = 0
  }

  # Those that look at these are not examined then.
  expect_failures = [
    var.slack_url, var.slack_bot_token, var.slack_api_url, var.sns_topic, var.smtp_url, var.smtp_user, var.smtp_password,
    var.search_url, var.search_password, var.archive, var.notify_retry_seconds, var.concurrency,
  ]
}

run "of_the_wrong_form_too" {
  command = plan

  variables {
    sns_topic            = "arn:aws:sns:us-east-1:123456789012:*"
    smtp_url             = "smtp://127.0.0.1:25?tls=none"
    search_url           = "http://search.larkspur.example"
    archive              = "s3://larkspur-reports/*"
    notify_retry_seconds = 0.5
    concurrency          = 101
  }

  expect_failures = [
    var.sns_topic, var.smtp_url, var.search_url, var.archive, var.notify_retry_seconds, var.concurrency,
  ]
}

run "secrets_that_are_none" {
  command = plan

  variables {
    # In part, any, with an entry, of another service, and without an account.
    slack_url_secret       = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack"
    slack_bot_token_secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-??????"
    smtp_user_secret       = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-AbCdEf:SLACK_URL::"
    search_password_secret = "arn:aws:sns:us-east-1:123456789012:slack"
  }

  expect_failures = [
    var.slack_url_secret, var.slack_bot_token_secret, var.smtp_user_secret, var.search_password_secret,
  ]
}

run "parameters_that_are_none" {
  command = plan

  variables {
    slack_url_secret       = "arn:aws:ssm:us-east-1:123456789012:parameter/*"
    slack_bot_token_secret = "arn:aws:ssm:us-east-1:123456789012:document/slack"
    smtp_user_secret       = "arn:aws:ssm:us-east-1::parameter/slack"
    search_password_secret = "slack"
  }

  expect_failures = [
    var.slack_url_secret, var.slack_bot_token_secret, var.smtp_user_secret, var.search_password_secret,
  ]
}

run "given_twice" {
  command = plan

  variables {
    slack_url              = "https://hooks.slack.com/services/T0/B0/x"
    slack_url_secret       = "arn:aws:ssm:us-east-1:123456789012:parameter/slack"
    slack_bot_token        = "xoxb-1-2-x"
    slack_bot_token_secret = "arn:aws:ssm:us-east-1:123456789012:parameter/bot"
    smtp_user              = "apikey"
    smtp_user_secret       = "arn:aws:ssm:us-east-1:123456789012:parameter/user"
    search_password        = "password"
    search_password_secret = "arn:aws:ssm:us-east-1:123456789012:parameter/search"
  }

  expect_failures = [
    var.slack_url_secret, var.slack_bot_token_secret, var.smtp_user_secret, var.search_password_secret,
  ]
}

run "of_no_use_alone" {
  command = plan

  variables {
    slack_channel          = "C0123456789"
    sns_topic_kms_key      = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    smtp_user              = "apikey"
    smtp_ca_file           = "/var/task/ca.pem"
    email_from             = "sleuth@larkspur.example"
    email_owner_domains    = ["larkspur.example"]
    archive_kms_key        = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    archive_bucket_kms_key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    search_user            = "sleuth"
    search_index           = "reports"
    search_domain          = "arn:aws:es:eu-west-1:123456789012:domain/audits"
  }

  expect_failures = [
    var.slack_channel, var.sns_topic_kms_key, var.smtp_password_secret, var.smtp_ca_file, var.email_from,
    var.email_owner_domains, var.archive_kms_key, var.archive_bucket_kms_key, var.search_user, var.search_index,
    var.search_domain,
  ]
}

run "login_of_nobody" {
  command = plan

  variables {
    smtp_user     = "apikey"
    smtp_password = "password"
    email_to      = ["platform@larkspur.example"]
    search_auth   = "sigv4"
  }

  expect_failures = [var.smtp_password_secret, var.email_to, var.search_auth]
}

run "half_of_something" {
  command = plan

  variables {
    slack_bot_token_secret = "arn:aws:ssm:us-east-1:123456789012:parameter/bot"
    smtp_url               = "smtps://smtp.larkspur.example"
    search_url             = "https://search.larkspur.example"
    search_user            = "sleuth"
  }

  # A bot without a channel, a server without a sender and anybody who gets what is for no owner, a user without a password.
  expect_failures = [var.slack_channel, var.email_from, var.email_to, var.search_password_secret]
}

run "owners_only" {
  command = plan

  variables {
    smtp_url            = "smtps://smtp.larkspur.example"
    email_from          = "sleuth@larkspur.example"
    email_owner_domains = ["larkspur.example"]
    secrets_kms_keys    = ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
  }

  # Nobody gets what is for no owner, and there is no secret to be decrypted.
  expect_failures = [var.email_to, var.secrets_kms_keys]
}

run "names_that_are_none" {
  command = plan

  variables {
    slack_bot_token_secret = "arn:aws:ssm:us-east-1:123456789012:parameter/bot"
    slack_channel          = "aws-keys"
    smtp_url               = "smtps://smtp.larkspur.example"
    email_from             = "sleuth"
    email_to               = ["platform@larkspur.example, keys@larkspur.example"]
    search_url             = "https://search.larkspur.example"
    search_index           = "Reports"
    search_domain          = "arn:aws:es:eu-west-1:123456789012:domain/*"
    search_user            = "sleuth:reports"
  }

  expect_failures = [
    var.slack_channel, var.email_from, var.email_to, var.search_index, var.search_domain, var.search_user,
  ]
}

run "keys_and_domains_that_are_none" {
  command = plan

  variables {
    slack_url_secret       = "arn:aws:ssm:us-east-1:123456789012:parameter/slack"
    secrets_kms_keys       = ["arn:aws:kms:us-east-1:123456789012:alias/slack"]
    sns_topic              = "arn:aws:sns:us-east-1:123456789012:keys"
    sns_topic_kms_key      = "arn:aws:kms:us-east-1:123456789012:key/*"
    archive                = "s3://larkspur-reports"
    archive_kms_key        = "alias/reports"
    archive_bucket_kms_key = "1234abcd-12ab-34cd-56ef-1234567890ab"
    smtp_url               = "smtps://smtp.larkspur.example"
    email_from             = "sleuth@larkspur.example"
    email_owner_domains    = ["*.larkspur.example"]
    search_url             = "https://search.larkspur.example"
    search_auth            = "basic"
  }

  expect_failures = [
    var.secrets_kms_keys, var.sns_topic_kms_key, var.archive_kms_key, var.archive_bucket_kms_key, var.email_owner_domains,
    var.search_auth,
  ]
}
