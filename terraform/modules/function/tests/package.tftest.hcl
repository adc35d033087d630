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

variables {
  name        = "sleuth"
  description = "Tests."
  artifact    = "sleuth-keys"
  environment = { AUDITS = "keys" }
  policy      = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Sid\": \"Own\", \"Effect\": \"Allow\", \"Action\": \"iam:ListUsers\", \"Resource\": \"*\"}]}"
}

run "from_a_file" {
  command = plan

  variables {
    package = "versions.tf"
  }

  assert {
    condition = (
      aws_lambda_function.this.filename == "versions.tf" &&
      aws_lambda_function.this.source_code_hash == filebase64sha256("versions.tf")
    )
    error_message = "A new package must update the function."
  }
}

run "from_s3" {
  command = plan

  variables {
    package_s3_bucket  = "packages"
    package_s3_key     = "sleuth/keys.zip"
    package_s3_version = "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"
    # Of a file with nothing in it: a value that everybody knows.
    package_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this.filename == null,
      aws_lambda_function.this.s3_bucket == "packages",
      aws_lambda_function.this.s3_key == "sleuth/keys.zip",
      aws_lambda_function.this.s3_object_version == "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY",
      aws_lambda_function.this.source_code_hash == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    ])
    error_message = "The object is taken, and its checksum is that which Lambda writes."
  }
}

run "from_a_release" {
  command = plan

  variables {
    release            = "v1.2.3"
    release_repository = "larkspur/sleuth"
    release_sha256     = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    architecture       = "x86_64"
  }

  assert {
    condition = (
      endswith(aws_lambda_function.this.filename, "/.terraform/sleuth/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/sleuth-keys-x86_64.zip") &&
      aws_lambda_function.this.source_code_hash == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    )
    error_message = "The file that is downloaded is the package, for the right architecture."
  }

  assert {
    condition     = module.package[0].url == "https://github.com/larkspur/sleuth/releases/download/v1.2.3/sleuth-keys-x86_64.zip"
    error_message = "It is the file of the release."
  }
}

run "from_a_mirror" {
  command = plan

  variables {
    release            = "v1.2.3"
    release_repository = "larkspur/sleuth"
    release_sha256     = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    release_url        = "https://mirror.example.com/github"
  }

  assert {
    condition     = module.package[0].url == "https://mirror.example.com/github/larkspur/sleuth/releases/download/v1.2.3/sleuth-keys-arm64.zip"
    error_message = "It is the file of the release, from elsewhere."
  }
}

run "none" {
  command = plan

  expect_failures = [var.package]
}

run "two" {
  command = plan

  variables {
    package            = "versions.tf"
    release            = "v1.2.3"
    release_repository = "larkspur/sleuth"
    release_sha256     = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  }

  expect_failures = [var.package]
}

run "file_is_missing" {
  command = plan

  variables {
    package = "no-such.zip"
  }

  expect_failures = [var.package]
}

run "file_is_a_folder" {
  command = plan

  variables {
    package = "tests"
  }

  expect_failures = [var.package]
}

run "half_of_each" {
  command = plan

  variables {
    package_s3_bucket  = "packages"
    release            = "v1.2.3"
    release_repository = "larkspur/sleuth"
  }

  # Those that look at these two are not examined then.
  expect_failures = [var.package_s3_key, var.release]
}

run "tag_that_leads_elsewhere" {
  command = plan

  variables {
    release            = "../v1"
    release_repository = "larkspur/sleuth"
    release_sha256     = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  }

  expect_failures = [var.release]
}

run "wrong_object" {
  command = plan

  variables {
    package            = "versions.tf"
    package_s3_version = "1"
    package_sha256     = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
  }

  expect_failures = [var.package_s3_version, var.package_sha256]
}

run "wrong_release" {
  command = plan

  variables {
    release            = "v1"
    release_repository = "larkspur/sleuth/extra"
    release_sha256     = "e3b0c442"
    release_url        = "http://mirror.example.com"
    architecture       = "riscv64"
  }

  expect_failures = [
    var.release_repository, var.release_sha256, var.release_url, var.architecture,
  ]
}
