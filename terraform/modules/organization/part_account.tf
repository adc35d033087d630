# Written by scripts/terraform-generate from parts/account.tf: change that.

# Where this is: read here, so that a plan shows policies in full before anything exists.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id
}
