# What the watch is given may be made by the same configuration, so that no plan knows it: whether there is something to
# make must not depend on it. Plans only: nothing is made and AWS is not asked, so these tests need no account.

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
  target = module.watch.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.watch.module.function.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.watch.module.regions.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

run "topic_that_is_made" {
  command = plan

  module {
    source = "./tests/made"
  }

  variables {
    source_of_events = "trail_topic"
  }

  assert {
    condition     = module.watch.function_name == "sleuth-watch"
    error_message = "A topic, a bucket, a trail and keys that do not exist yet can be named."
  }
}

run "bucket_that_is_made" {
  command = plan

  module {
    source = "./tests/made"
  }

  variables {
    source_of_events = "bucket_events"
  }

  assert {
    condition     = module.watch.function_name == "sleuth-watch"
    error_message = "A bucket that does not exist yet can be named, and configured."
  }
}
