# Plans only: nothing is made and AWS is not asked, so these tests need no account.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  rules = [
    { RuleId = "1", TagKey = "Owner", Required = "Y", Action = "UserLookup", Aliases = "owner-name, contact" },
    { RuleId = "2", TagKey = "Code", Required = "Y", Values = "LOL|GGG", Grace = "2h", OnViolation = "stop", Default = "" },
    { RuleId = "10", TagKey = "*", Required = "Y", Grace = "5", Tagged = "N", OnViolation = "Terminate" },
  ]
}

run "nothing_else_set" {
  command = plan

  assert {
    condition = alltrue([
      aws_dynamodb_table.this.name == "sleuth-rules",
      aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST",
      aws_dynamodb_table.this.hash_key == "RuleId",
      one(aws_dynamodb_table.this.attribute).name == "RuleId",
      one(aws_dynamodb_table.this.attribute).type == "N",
      aws_dynamodb_table.this.deletion_protection_enabled,
      one(aws_dynamodb_table.this.point_in_time_recovery).enabled,
      one(aws_dynamodb_table.this.server_side_encryption).enabled,
      one(aws_dynamodb_table.this.server_side_encryption).kms_key_arn == null,
    ])
    error_message = "The table is encrypted, protected from being deleted, and can be restored."
  }

  assert {
    condition = { for id, item in aws_dynamodb_table_item.rule : id => jsondecode(item.item) } == {
      "1" = {
        RuleId   = { N = "1" }
        TagKey   = { S = "Owner" }
        Required = { S = "Y" }
        Action   = { S = "UserLookup" }
        Aliases  = { S = "owner-name, contact" }
      }
      "2" = {
        RuleId      = { N = "2" }
        TagKey      = { S = "Code" }
        Required    = { S = "Y" }
        Values      = { S = "LOL|GGG" }
        Grace       = { S = "2h" }
        OnViolation = { S = "stop" }
      }
      "10" = {
        RuleId      = { N = "10" }
        TagKey      = { S = "*" }
        Required    = { S = "Y" }
        Grace       = { S = "5" }
        Tagged      = { S = "N" }
        OnViolation = { S = "Terminate" }
      }
    }
    error_message = "Each rule is an item, without what is empty."
  }

  assert {
    condition     = output.settable_tags == tolist(["Owner", "contact", "owner-name"])
    error_message = "What the rules repair may be set, and nothing else."
  }

  assert {
    condition     = length(module.check.mistakes) == 0
    error_message = "These rules can be used: ${join(", ", module.check.mistakes)}"
  }
}

run "everything_set" {
  command = plan

  variables {
    name                   = "rules"
    kms_key                = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    point_in_time_recovery = false
    deletion_protection    = false
    tags                   = { team = "security" }
    # Rules that look as if they were wrong, and are not.
    rules = [
      { RuleId = "1", TagKey = "Site", Required = "Y", Action = "Update", Default = "dub", Regions = "eu-west-1" },
      { RuleId = "2", TagKey = "Site", Required = "Y", Action = "Update", Default = "lon", Regions = "eu-west-2" },
      { RuleId = "3", TagKey = "Team", Required = "Y", Action = "update", Default = "Ops", Values = "Ops|Dev", Tagged = "y" },
      { RuleId = "4", TagKey = "Team", Required = "n", Action = "update", Default = "ops", Pattern = "[a-z]+", Tagged = "N" },
      { RuleId = "5", TagKey = "Expiry", Required = "N", Action = "FUNCTION", Default = "Today() + 30d", Vpcs = "vpc-0abc1234" },
      { RuleId = "6", TagKey = "By", Required = "N", IamUser = "Y", States = "Pending, running", Name = "web-.*", Managed = "Act" },
    ]
  }

  assert {
    condition     = length(module.check.mistakes) == 0
    error_message = "These rules can be used: ${join(", ", module.check.mistakes)}"
  }

  assert {
    condition = alltrue([
      aws_dynamodb_table.this.name == "rules",
      !aws_dynamodb_table.this.deletion_protection_enabled,
      !one(aws_dynamodb_table.this.point_in_time_recovery).enabled,
      one(aws_dynamodb_table.this.server_side_encryption).kms_key_arn == var.kms_key,
      aws_dynamodb_table.this.tags == tomap({ team = "security" }),
    ])
    error_message = "What is given is taken as it is."
  }
}

# What is refused, and why, is in check.tftest.hcl.
run "mistakes_are_refused" {
  command = plan

  variables {
    rules = [{ RuleId = "1", TagKey = "Owner", Required = "Y", OnViolations = "stop" }]
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "no_rules" {
  command = plan

  variables {
    rules   = []
    name    = "x"
    kms_key = "alias/rules"
  }

  expect_failures = [var.rules, var.name, var.kms_key]
}
