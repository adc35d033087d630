# A watch beside what it is given: ARNs and names of things that do not exist yet, which no plan knows.

variable "source_of_events" {
  type = string
}

resource "terraform_data" "made" {
  for_each = {
    key    = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    topic  = "arn:aws:sns:us-east-1:123456789012:trail"
    bucket = "larkspur-trail"
    trail  = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main"
  }

  input = each.value
}

module "watch" {
  source = "../.."

  package          = "versions.tf"
  required_tags    = "Owner"
  sns_topic        = "arn:aws:sns:us-east-1:123456789012:audits"
  source_of_events = var.source_of_events

  queue_kms_key = terraform_data.made["key"].output
  trail_kms_key = terraform_data.made["key"].output
  trail_arn     = terraform_data.made["trail"].output
  trail_bucket  = terraform_data.made["bucket"].output
  trail_topic   = var.source_of_events == "trail_topic" ? terraform_data.made["topic"].output : null

  overwrite_trail_bucket_policy       = true
  overwrite_trail_bucket_notification = var.source_of_events != "trail_topic"
  overwrite_trail_topic_policy        = var.source_of_events == "trail_topic"
}
