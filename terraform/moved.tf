# What stood in this module when it deployed the audit of access keys only.

moved {
  from = aws_cloudwatch_log_group.this
  to   = module.keys[0].module.function.aws_cloudwatch_log_group.this
}

moved {
  from = aws_lambda_function.this
  to   = module.keys[0].module.function.aws_lambda_function.this
}

moved {
  from = aws_lambda_function_event_invoke_config.this
  to   = module.keys[0].module.function.aws_lambda_function_event_invoke_config.this
}

moved {
  from = aws_scheduler_schedule.this
  to   = module.keys[0].module.function.aws_scheduler_schedule.this[0]
}

moved {
  from = aws_iam_role.function
  to   = module.keys[0].module.function.aws_iam_role.function
}

moved {
  from = aws_iam_role_policy.function
  to   = module.keys[0].module.function.aws_iam_role_policy.function
}

moved {
  from = aws_iam_role.scheduler
  to   = module.keys[0].module.function.aws_iam_role.scheduler[0]
}

moved {
  from = aws_iam_role_policy.scheduler
  to   = module.keys[0].module.function.aws_iam_role_policy.scheduler[0]
}
