# Plans only: nothing is made and AWS is not asked, so these tests need no account.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = {
    account_id = "123456789012"
  }
}

variables {
  audits    = ["keys", "tags", "watch"]
  functions = ["sleuth-keys", "sleuth-tags"]
}

run "counts_over_time" {
  command = plan

  assert {
    condition = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[*].properties.title == [
      "Access keys: what was done", "Access keys: how they are",
      "EC2 instances: what was done", "EC2 instances: how they are",
      "EC2 instances that the watch looked at: what was done", "EC2 instances that the watch looked at: how they are",
      "What could not be read, done or delivered", "Runs",
    ]
    error_message = "There are graphs of every audit, of errors and of runs."
  }

  assert {
    condition = contains(
      flatten([for w in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for m in w.properties.metrics : join(" ", m)]]),
      "Sleuth KeysExpired Account 123456789012 Audit keys",
    )
    error_message = "Counts go by the account and the audit."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[7].properties.metrics == [
      ["AWS/Lambda", "Invocations", "FunctionName", "sleuth-keys"],
      ["AWS/Lambda", "Errors", "FunctionName", "sleuth-keys"],
      ["AWS/Lambda", "Throttles", "FunctionName", "sleuth-keys"],
      ["AWS/Lambda", "Invocations", "FunctionName", "sleuth-tags"],
      ["AWS/Lambda", "Errors", "FunctionName", "sleuth-tags"],
      ["AWS/Lambda", "Throttles", "FunctionName", "sleuth-tags"],
    ]
    error_message = "Runs are those of the functions."
  }
}

run "other_accounts" {
  command = plan

  variables {
    accounts = ["210987654321"]
  }

  assert {
    condition = {
      for w in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets :
      w.properties.title => join(" ", distinct([for m in w.properties.metrics : m[3]])) if w.properties.title != "Runs"
      } == {
      "Access keys: how they are"                             = "123456789012"
      "Access keys: what was done"                            = "123456789012"
      "EC2 instances: how they are"                           = "123456789012"
      "EC2 instances: what was done"                          = "123456789012"
      "EC2 instances that the watch looked at: how they are"  = "123456789012 210987654321"
      "EC2 instances that the watch looked at: what was done" = "123456789012 210987654321"
      "What could not be read, done or delivered"             = "123456789012 210987654321"
    }
    error_message = "What the watch did in other accounts is shown too."
  }
}

run "wrong_words" {
  command = plan

  variables {
    name     = "a dashboard"
    audits   = ["digest"]
    accounts = ["larkspur"]
  }

  expect_failures = [var.name, var.audits, var.accounts]
}
