# What AWS says of the package after it was uploaded. A mock stands in for the provider, so that things are made, and AWS is
# not asked.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\": \"2012-10-17\", \"Statement\": []}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/sleuth" }
  }

  mock_resource "aws_lambda_function" {
    defaults = {
      # Of a file with nothing in it.
      code_sha256   = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
      last_modified = "2025-01-01T00:00:00.000+0000"
    }
  }
}

variables {
  name              = "sleuth"
  description       = "Tests."
  artifact          = "sleuth-keys"
  environment       = { AUDITS = "keys" }
  policy            = "{\"Version\": \"2012-10-17\", \"Statement\": []}"
  package_s3_bucket = "packages"
  package_s3_key    = "sleuth/keys.zip"
}

run "another_package" {
  variables {
    package_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
  }

  expect_failures = [aws_lambda_function.this]
}

run "any_package" {
  assert {
    condition     = aws_lambda_function.this.source_code_hash != aws_lambda_function.this.code_sha256
    error_message = "Without package_sha256 nothing is compared."
  }
}

run "the_package" {
  variables {
    package_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  }

  assert {
    condition     = aws_lambda_function.this.code_sha256 == aws_lambda_function.this.source_code_hash
    error_message = "AWS has the package that was meant."
  }
}
