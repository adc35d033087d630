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

run "of_the_archive" {
  command = plan

  variables {
    archive         = "s3://larkspur-reports/sleuth"
    archive_kms_key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    search_url      = "https://search-audits.eu-west-1.es.amazonaws.com"
    search_domain   = "arn:aws:es:eu-west-1:123456789012:domain/audits"
    sns_topic       = "arn:aws:sns:us-east-1:123456789012:platform"
  }

  assert {
    condition = jsondecode(output.policy).Statement == [
      {
        Sid      = "Publish"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = "arn:aws:sns:us-east-1:123456789012:platform"
      },
      {
        Sid      = "ReadArchive"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "arn:aws:s3:::larkspur-reports/sleuth/*"
      },
      {
        Sid       = "ListArchive"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = "arn:aws:s3:::larkspur-reports"
        Condition = { StringLike = { "s3:prefix" = "sleuth/*" } }
      },
      {
        Sid       = "DecryptArchive"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        Condition = { StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" } }
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/sleuth-digest:*"
      },
      {
        Sid      = "ReportFailures"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = "arn:aws:sqs:us-east-1:123456789012:sleuth-digest-failed"
      },
    ]
    error_message = "The digest may read the archive and write nothing, and leaves the index alone."
  }

  assert {
    condition     = var.schedule == "cron(0 8 * * ? *)" && var.asynchronous_retries == 0 && var.missing_run_hours == 26
    error_message = "It is made every day, and not sent again if a part of it fails."
  }
}

run "of_the_index" {
  command = plan

  variables {
    search_url     = "https://search-audits.eu-west-1.es.amazonaws.com"
    search_domain  = "arn:aws:es:eu-west-1:123456789012:domain/audits"
    smtp_url       = "smtps://smtp.larkspur.example"
    email_from     = "sleuth@larkspur.example"
    email_to       = ["platform@larkspur.example"]
    digest_since   = "7days"
    digest_always  = true
    digest_title   = "This week"
    digest_text    = "Ask platform."
    aws_retry_mode = "standard"
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : [s.Action, s.Resource] if !contains(["Log", "ReportFailures"], s.Sid)] == [
      ["es:ESHttpPost", "arn:aws:es:eu-west-1:123456789012:domain/audits/aws-audits/*"],
    ]
    error_message = "The digest may search the index."
  }

  assert {
    condition = local.environment == {
      AUDITS         = "digest"
      SEARCH_URL     = "https://search-audits.eu-west-1.es.amazonaws.com"
      SMTP_URL       = "smtps://smtp.larkspur.example"
      EMAIL_FROM     = "sleuth@larkspur.example"
      EMAIL_TO       = "platform@larkspur.example"
      DIGEST_SINCE   = "7days"
      DIGEST_ALWAYS  = "true"
      DIGEST_TITLE   = "This week"
      DIGEST_TEXT    = "Ask platform."
      AWS_RETRY_MODE = "standard"
    }
    error_message = "Every setting reaches the program under its own name."
  }
}

run "of_a_whole_bucket" {
  command = plan

  variables {
    archive          = "s3://larkspur-reports"
    slack_url_secret = "arn:aws:ssm:us-east-1:123456789012:parameter/slack"
  }

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s if s.Sid == "ListArchive"] == [{
      Sid      = "ListArchive"
      Effect   = "Allow"
      Action   = "s3:ListBucket"
      Resource = "arn:aws:s3:::larkspur-reports"
    }]
    error_message = "Without a prefix there is nothing to narrow."
  }
}

run "of_nothing_for_nobody" {
  command = plan

  expect_failures = [output.function_arn]
}

run "for_owners_only" {
  command = plan

  variables {
    archive             = "s3://larkspur-reports"
    smtp_url            = "smtps://smtp.larkspur.example"
    email_from          = "sleuth@larkspur.example"
    email_owner_domains = ["larkspur.example"]
  }

  expect_failures = [var.email_to]
}

run "of_no_time" {
  command = plan

  variables {
    archive      = "s3://larkspur-reports"
    sns_topic    = "arn:aws:sns:us-east-1:123456789012:platform"
    digest_since = "0h"
    artifact     = "sleuth"
  }

  expect_failures = [var.digest_since, var.artifact]
}

run "since_yesterday" {
  command = plan

  variables {
    archive      = "s3://larkspur-reports"
    sns_topic    = "arn:aws:sns:us-east-1:123456789012:platform"
    digest_since = "yesterday"
  }

  expect_failures = [var.digest_since]
}

run "since_the_last_century" {
  command = plan

  variables {
    archive      = "s3://larkspur-reports"
    sns_topic    = "arn:aws:sns:us-east-1:123456789012:platform"
    digest_since = "9years 13months 1w"
  }

  expect_failures = [var.digest_since]
}
