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

  # Any file will do: a plan does not upload it.
  package = "versions.tf"
}

run "nothing_else_set" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.function.policy).Statement == [
      { Sid = "Own", Effect = "Allow", Action = "iam:ListUsers", Resource = "*" },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/sleuth:*"
      },
      {
        Sid      = "ReportFailures"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = "arn:aws:sqs:us-east-1:123456789012:sleuth-failed"
      },
    ]
    error_message = "The function may do what its policy says, write to its own log group and fill its own queue."
  }

  assert {
    condition     = output.policy == aws_iam_role_policy.function.policy
    error_message = "The output shows the whole policy."
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this.runtime == "provided.al2023",
      aws_lambda_function.this.handler == "bootstrap",
      aws_lambda_function.this.architectures == tolist(["arm64"]),
      aws_lambda_function.this.timeout == 900,
      aws_lambda_function.this.memory_size == 256,
      aws_lambda_function.this.kms_key_arn == null,
      aws_lambda_function.this.code_signing_config_arn == null,
      length(aws_lambda_function.this.vpc_config) == 0,
      length(aws_lambda_function.this.tracing_config) == 0,
    ])
    error_message = "The function is an executable named bootstrap, on arm64, with 900 seconds and 256 MB, and nothing else."
  }

  assert {
    condition     = one(aws_lambda_function.this.environment).variables == tomap({ AUDITS = "keys" })
    error_message = "The program is told its settings, and nothing else."
  }

  assert {
    condition = (
      one(aws_lambda_function.this.logging_config).log_format == "JSON" &&
      one(aws_lambda_function.this.logging_config).application_log_level == "INFO" &&
      one(aws_lambda_function.this.logging_config).log_group == "/aws/lambda/sleuth" &&
      aws_cloudwatch_log_group.this.name == "/aws/lambda/sleuth" &&
      aws_cloudwatch_log_group.this.retention_in_days == 365
    )
    error_message = "The function logs JSON to the log group that is made for it, which is kept for a year."
  }

  assert {
    condition = (
      length(aws_scheduler_schedule.this) == 0 && length(aws_iam_role.scheduler) == 0 &&
      length(aws_iam_role_policy.scheduler) == 0
    )
    error_message = "Without a schedule nobody may start the function."
  }

  assert {
    condition     = one(jsondecode(aws_iam_role.function.assume_role_policy).Statement).Principal == { Service = "lambda.amazonaws.com" }
    error_message = "Lambda may use the function's role, and nobody else."
  }
}

run "everything_set" {
  command = plan

  variables {
    name                 = "audit"
    environment          = { AUDITS = "keys", DEBUG = "true" }
    secret_environment   = { SLACK_URL = "https://hooks.slack.com/services/T0/B0/x" }
    architecture         = "x86_64"
    timeout              = 600
    memory_size          = 1024
    reserved_concurrency = 1
    tracing              = true
    kms_key              = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    role_path            = "/audit/"
    code_signing_config  = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    vpc_subnets          = ["subnet-0a1b2c3d4e5f67890"]
    vpc_security_groups  = ["sg-0a1b2c3d4e5f67890"]
    log_retention_days   = 30
    tags                 = { team = "security" }
    schedule             = "rate(1 day)"
    schedule_timezone    = "America/Argentina/Buenos_Aires"
    asynchronous_retries = 1
    missing_run_hours    = 168
    alarm_topics         = ["arn:aws:sns:us-east-1:123456789012:alarms"]
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this.function_name == "audit",
      aws_lambda_function_event_invoke_config.this.function_name == "audit",
      aws_iam_role.function.name == "audit",
      aws_iam_role.scheduler[0].name == "audit-scheduler",
      aws_scheduler_schedule.this[0].name == "audit",
      aws_cloudwatch_log_group.this.name == "/aws/lambda/audit",
      aws_sqs_queue.failed[0].name == "audit-failed",
      aws_cloudwatch_metric_alarm.this["errors"].alarm_name == "audit-errors",
    ])
    error_message = "Everything goes by the given name."
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this.architectures == tolist(["x86_64"]),
      aws_lambda_function.this.timeout == 600,
      aws_lambda_function.this.memory_size == 1024,
      aws_lambda_function.this.reserved_concurrent_executions == 1,
      aws_lambda_function.this.code_signing_config_arn == var.code_signing_config,
      one(aws_lambda_function.this.tracing_config).mode == "Active",
      one(aws_lambda_function.this.vpc_config).subnet_ids == toset(var.vpc_subnets),
      one(aws_lambda_function.this.vpc_config).security_group_ids == toset(var.vpc_security_groups),
      one(aws_lambda_function.this.logging_config).application_log_level == "DEBUG",
      aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 1,
      aws_cloudwatch_log_group.this.retention_in_days == 30,
    ])
    error_message = "What is given is taken as it is, and debug lines are let through."
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this.kms_key_arn == var.kms_key,
      aws_cloudwatch_log_group.this.kms_key_id == var.kms_key,
      aws_sqs_queue.failed[0].kms_master_key_id == var.kms_key,
    ])
    error_message = "The key encrypts the environment, the log and the queue."
  }

  assert {
    condition = alltrue([
      for role in [aws_iam_role.function, aws_iam_role.scheduler[0]] :
      role.path == "/audit/" && role.permissions_boundary == var.permissions_boundary
    ])
    error_message = "Path and boundary are those of both roles."
  }

  assert {
    condition = alltrue([for tags in [
      aws_lambda_function.this.tags,
      aws_iam_role.function.tags,
      aws_iam_role.scheduler[0].tags,
      aws_cloudwatch_log_group.this.tags,
      aws_sqs_queue.failed[0].tags,
      aws_cloudwatch_metric_alarm.this["missing"].tags,
    ] : tags == tomap({ team = "security" })])
    error_message = "Everything that can be is tagged."
  }

  assert {
    condition = toset(jsondecode(aws_iam_role_policy.function.policy).Statement[*].Sid) == toset([
      "Own", "Log", "ReportFailures", "EncryptFailures", "Trace", "JoinVpc", "LeaveVpcAlone",
    ])
    error_message = "Tracing, a VPC and a key need permissions, and nothing else does."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s if s.Sid == "EncryptFailures"] == [{
      Sid       = "EncryptFailures"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      Condition = { StringEquals = { "kms:ViaService" = "sqs.us-east-1.amazonaws.com" } }
    }]
    error_message = "The key is used for messages of the queue, and not directly."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : [s.Action, s.Resource] if s.Sid == "Trace"] == [
      [["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"],
    ]
    error_message = "Tracing sends traces and reads none."
  }

  assert {
    condition = (
      toset(one([for s in jsondecode(aws_iam_role_policy.function.policy).Statement : s.Action if s.Sid == "JoinVpc"])) ==
      toset([
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
      ])
    )
    error_message = "Lambda may join the VPC with the role."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function.policy).Statement : [s.Effect, s.Condition] if s.Sid == "LeaveVpcAlone"] == [
      ["Deny", { ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:us-east-1:123456789012:function:audit" } }],
    ]
    error_message = "The function itself may not."
  }

  assert {
    condition     = issensitive(aws_lambda_function.this.environment[0].variables["SLACK_URL"]) && !issensitive(aws_lambda_function.this.environment[0].variables["AUDITS"])
    error_message = "A plan hides the webhook, and nothing but the webhook."
  }
}

run "schedule" {
  command = plan

  variables {
    schedule       = "cron(0 10 ? * MON-FRI *)"
    schedule_input = "{\"time\":\"<aws.scheduler.scheduled-time>\"}"
  }

  assert {
    condition = alltrue([
      aws_scheduler_schedule.this[0].schedule_expression == "cron(0 10 ? * MON-FRI *)",
      aws_scheduler_schedule.this[0].schedule_expression_timezone == "UTC",
      one(aws_scheduler_schedule.this[0].target).input == "{\"time\":\"<aws.scheduler.scheduled-time>\"}",
      one(one(aws_scheduler_schedule.this[0].target).dead_letter_config).arn == "arn:aws:sqs:us-east-1:123456789012:sleuth-failed",
    ])
    error_message = "The schedule is taken as it is given, and what it cannot start is kept in the queue."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.scheduler[0].policy).Statement == [
      { Sid = "StartFunction", Effect = "Allow", Action = "lambda:InvokeFunction", Resource = "arn:aws:lambda:us-east-1:123456789012:function:sleuth" },
      { Sid = "ReportFailures", Effect = "Allow", Action = "sqs:SendMessage", Resource = "arn:aws:sqs:us-east-1:123456789012:sleuth-failed" },
    ]
    error_message = "The schedule may start this function and fill its queue, and do nothing else."
  }

  assert {
    condition = (
      one(jsondecode(aws_iam_role.scheduler[0].assume_role_policy).Statement).Principal == { Service = "scheduler.amazonaws.com" } &&
      one(jsondecode(aws_iam_role.scheduler[0].assume_role_policy).Statement).Condition == { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    )
    error_message = "This account's schedules may use the scheduler's role."
  }
}

run "schedule_of_something_else" {
  command = plan

  variables {
    schedule        = "rate(1 day)"
    schedule_target = { arn = "arn:aws:states:us-east-1:123456789012:stateMachine:sleuth", action = "states:StartExecution" }
  }

  assert {
    condition = one(aws_scheduler_schedule.this[0].target).arn == "arn:aws:states:us-east-1:123456789012:stateMachine:sleuth" && [
      for s in jsondecode(aws_iam_role_policy.scheduler[0].policy).Statement : [s.Action, s.Resource] if s.Sid != "ReportFailures"
    ] == [["states:StartExecution", "arn:aws:states:us-east-1:123456789012:stateMachine:sleuth"]]
    error_message = "The schedule starts what is named in place of the function, and may do nothing else to it."
  }
}
