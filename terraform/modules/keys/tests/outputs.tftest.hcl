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

# Channels and stores, which other modules have in the same words.

run "secrets_are_named" {
  command = plan

  variables {
    slack_url_secret       = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:sleuth/slack-AbCdEf"
    slack_bot_token_secret = "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/bot"
    slack_channel          = "#aws-keys"
    smtp_url               = "smtps://email-smtp.eu-west-1.amazonaws.com"
    smtp_user_secret       = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ses-AbCdEf"
    smtp_password_secret   = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ses-AbCdEf"
    email_from             = "Sleuth <sleuth@larkspur.example>"
    email_to               = ["platform@larkspur.example", "\"Ops, night\" <ops@larkspur.example>"]
    search_url             = "https://search.larkspur.example"
    search_user            = "sleuth"
    search_password_secret = "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/search"
    secrets_kms_keys       = ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s if endswith(s.Sid, "Secrets") || endswith(s.Sid, "Parameters")] == [
      {
        Sid    = "ReadSecrets"
        Effect = "Allow"
        Action = "secretsmanager:GetSecretValue"
        Resource = [
          "arn:aws:secretsmanager:eu-west-1:210987654321:secret:sleuth/slack-AbCdEf",
          "arn:aws:secretsmanager:us-east-1:123456789012:secret:ses-AbCdEf",
        ]
      },
      {
        Sid    = "ReadParameters"
        Effect = "Allow"
        Action = "ssm:GetParameter"
        Resource = [
          "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/bot",
          "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/search",
        ]
      },
      {
        Sid      = "DecryptSecrets"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        Condition = {
          StringEquals = {
            "kms:ViaService" = [
              "secretsmanager.eu-west-1.amazonaws.com",
              "secretsmanager.us-east-1.amazonaws.com",
              "ssm.us-east-1.amazonaws.com",
            ]
          }
        }
      },
    ]
    error_message = "The function may read these secrets and no others, each once, and decrypt only through what keeps them."
  }

  assert {
    condition = local.environment == {
      AUDITS          = "keys"
      SLACK_URL       = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:sleuth/slack-AbCdEf"
      SLACK_BOT_TOKEN = "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/bot"
      SLACK_CHANNEL   = "#aws-keys"
      SMTP_URL        = "smtps://email-smtp.eu-west-1.amazonaws.com"
      SMTP_USER       = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ses-AbCdEf"
      SMTP_PASSWORD   = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ses-AbCdEf"
      EMAIL_FROM      = "Sleuth <sleuth@larkspur.example>"
      EMAIL_TO        = "platform@larkspur.example,\"Ops, night\" <ops@larkspur.example>"
      SEARCH_URL      = "https://search.larkspur.example"
      SEARCH_USER     = "sleuth"
      SEARCH_PASSWORD = "arn:aws:ssm:us-east-1:123456789012:parameter/sleuth/search"
    }
    error_message = "The program is told where the secrets are kept."
  }

  assert {
    condition     = !issensitive(local.environment) && nonsensitive(length(local.outputs_secret_environment)) == 0
    error_message = "Where secrets are kept is none: a plan shows it."
  }
}

run "secrets_are_given" {
  command = plan

  variables {
    slack_url           = "https://hooks.slack.com/services/T0/B0/x"
    slack_bot_token     = "xoxb-1-2-x"
    slack_channel       = "C0123456789"
    slack_api_url       = "https://proxy.larkspur.example/api"
    smtp_url            = "smtp://smtp.larkspur.example:2587"
    smtp_user           = "apikey"
    smtp_password       = "password"
    smtp_ca_file        = "/var/task/ca.pem"
    email_from          = "sleuth@larkspur.example"
    email_owner_domains = ["larkspur.example", "example.com"]
    search_url          = "https://search.larkspur.example/audits"
    search_auth         = "basic"
    search_user         = "sleuth"
    search_password     = "password"
    search_index        = "reports"
  }

  assert {
    condition = nonsensitive(local.outputs_secret_environment) == {
      SLACK_URL       = "https://hooks.slack.com/services/T0/B0/x"
      SLACK_BOT_TOKEN = "xoxb-1-2-x"
      SMTP_USER       = "apikey"
      SMTP_PASSWORD   = "password"
      SEARCH_PASSWORD = "password"
    }
    error_message = "The program is given the secrets, and a plan does not show them."
  }

  assert {
    condition = local.environment == {
      AUDITS              = "keys"
      SLACK_CHANNEL       = "C0123456789"
      SLACK_API_URL       = "https://proxy.larkspur.example/api"
      SMTP_URL            = "smtp://smtp.larkspur.example:2587"
      SMTP_CA_FILE        = "/var/task/ca.pem"
      EMAIL_FROM          = "sleuth@larkspur.example"
      EMAIL_OWNER_DOMAINS = "larkspur.example,example.com"
      SEARCH_URL          = "https://search.larkspur.example/audits"
      SEARCH_AUTH         = "basic"
      SEARCH_USER         = "sleuth"
      SEARCH_INDEX        = "reports"
    }
    error_message = "All else is shown."
  }

  assert {
    condition     = toset(jsondecode(output.policy).Statement[*].Sid) == toset(["ReadAccount", "ReadKeys", "Log", "ReportFailures"])
    error_message = "What is given need not be read."
  }
}

run "topic" {
  command = plan

  variables {
    sns_topic         = "arn:aws:sns:eu-west-1:210987654321:keys.fifo"
    sns_topic_kms_key = "arn:aws:kms:eu-west-1:210987654321:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s if contains(["Publish", "EncryptMessages"], s.Sid)] == [
      {
        Sid      = "Publish"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = "arn:aws:sns:eu-west-1:210987654321:keys.fifo"
      },
      {
        Sid       = "EncryptMessages"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "arn:aws:kms:eu-west-1:210987654321:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        Condition = { StringEquals = { "kms:ViaService" = "sns.eu-west-1.amazonaws.com" } }
      },
    ]
    error_message = "The function may publish to this topic only, and use its key for that only."
  }

  assert {
    condition     = local.environment == { AUDITS = "keys", SNS_TOPIC = "arn:aws:sns:eu-west-1:210987654321:keys.fifo" }
    error_message = "The program must be told of the topic, not of the key."
  }
}

run "archive" {
  command = plan

  variables {
    archive         = "s3://larkspur-reports/sleuth/"
    archive_kms_key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s if endswith(s.Sid, "Archive")] == [
      {
        Sid      = "WriteArchive"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "arn:aws:s3:::larkspur-reports/sleuth/*"
      },
      {
        Sid       = "EncryptArchive"
        Effect    = "Allow"
        Action    = "kms:GenerateDataKey"
        Resource  = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        Condition = { StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" } }
      },
    ]
    error_message = "The function may put reports below the prefix, and encrypt them."
  }

  assert {
    condition     = local.environment["ARCHIVE_KMS_KEY"] == var.archive_kms_key && local.environment["ARCHIVE"] == "s3://larkspur-reports/sleuth/"
    error_message = "The program must be told of both."
  }
}

run "archive_is_a_bucket_with_a_key_and_the_index_a_domain" {
  command = plan

  variables {
    archive                = "s3://larkspur-reports"
    archive_bucket_kms_key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    search_url             = "https://search-audits.eu-west-1.es.amazonaws.com"
    search_domain          = "arn:aws:es:eu-west-1:123456789012:domain/audits"
    notify_retry_seconds   = 0
    concurrency            = 1
    metrics                = false
    debug                  = true
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : [s.Action, s.Resource] if contains(["WriteArchive", "EncryptArchive", "Search"], s.Sid)] == [
      ["s3:PutObject", "arn:aws:s3:::larkspur-reports/*"],
      ["kms:GenerateDataKey", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
      ["es:ESHttpPost", "arn:aws:es:eu-west-1:123456789012:domain/audits/aws-audits/*"],
    ]
    error_message = "The function may write into the bucket and the index."
  }

  assert {
    condition = local.environment == {
      AUDITS               = "keys"
      ARCHIVE              = "s3://larkspur-reports"
      SEARCH_URL           = "https://search-audits.eu-west-1.es.amazonaws.com"
      NOTIFY_RETRY_SECONDS = "0"
      CONCURRENCY          = "1"
      METRICS              = "false"
      DEBUG                = "true"
    }
    error_message = "The program need not be told of the bucket's own key, nor of the domain."
  }
}

run "index_is_in_a_collection" {
  command = plan

  variables {
    search_url    = "https://abc.eu-west-1.aoss.amazonaws.com"
    search_index  = "keys"
    search_domain = "arn:aws:aoss:eu-west-1:123456789012:collection/abc"
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : [s.Action, s.Resource] if s.Sid == "Search"] == [
      ["aoss:APIAccessAll", "arn:aws:aoss:eu-west-1:123456789012:collection/abc"],
    ]
    error_message = "The function may use this collection."
  }
}
