module "check" {
  source = "./check"

  rules = var.rules
}

resource "aws_dynamodb_table" "this" {
  #checkov:skip=CKV_AWS_119:With kms_key the table is encrypted with a key of the user's own, else with one of AWS's.
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "RuleId"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  attribute {
    name = "RuleId"
    type = "N"
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key
  }

  lifecycle {
    # A plan that is refused is better than a run that does not begin.
    precondition {
      condition     = length(module.check.mistakes) == 0
      error_message = "rules cannot be used:\n  ${join("\n  ", module.check.mistakes)}"
    }
  }
}

resource "aws_dynamodb_table_item" "rule" {
  # A rule without RuleId, or with that of another, is refused above.
  for_each = { for rule in module.check.rules : lookup(rule, "RuleId", "") => rule... }

  table_name = aws_dynamodb_table.this.name
  hash_key   = aws_dynamodb_table.this.hash_key
  item = jsonencode({
    for name, value in each.value[0] : name => { (name == "RuleId" ? "N" : "S") = value }
  })
}
