resource "aws_iam_role" "this" {
  name                 = local.name
  path                 = var.path
  description          = "Lets Sleuth audit the ${var.audit == "keys" ? "access keys" : "tags of instances"} of this account from another one."
  assume_role_policy   = local.trust_policy
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy" "this" {
  name   = "audit"
  role   = aws_iam_role.this.name
  policy = local.policy

  lifecycle {
    precondition {
      # AWS counts characters, without white space.
      condition     = length(replace(local.policy, "/\\s/", "")) <= 10240
      error_message = "The policy of ${local.name} would have ${length(replace(local.policy, "/\\s/", ""))} characters, and AWS takes 10,240: make the longest of the inputs shorter that it is made of, such as settable_tags, protected_paths and regions."
    }
  }
}
