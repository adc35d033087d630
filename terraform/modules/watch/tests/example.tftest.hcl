# Plans only: nothing is made and AWS is not asked, so these tests need no account. Run with `terraform test`.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

# An example that cannot be planned would be none.
run "watch_example" {
  command = plan

  module {
    source = "../../examples/watch"
  }

  variables {
    package          = "versions.tf"
    slack_url_secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sleuth/slack-AbCdEf"
    alarm_topic      = "arn:aws:sns:eu-west-1:123456789012:ops"
  }
}
