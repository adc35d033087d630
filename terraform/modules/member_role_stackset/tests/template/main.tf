# What CloudFormation makes of the template's policy if some of its conditions hold and the others do not. Whether they do
# is decided by scripts/test_member_role.py, which deploys the template.

variable "template" {
  description = "Path of the template."
  type        = string
}

variable "parameters" {
  description = "Its parameters."
  type        = map(string)
}

variable "holds" {
  description = "Names of the conditions that hold."
  type        = set(string)
}

locals {
  template = yamldecode(file(var.template))
  document = local.template.Resources.Role.Properties.Policies[0].PolicyDocument

  chosen = [for one in local.document.Statement : one["Fn::If"][1] if contains(var.holds, one["Fn::If"][0])]

  # By name, with what is a list in both forms as one, in the order of the alphabet.
  statements = {
    for statement in local.chosen : statement.Sid => {
      effect = statement.Effect
      actions = sort(compact([
        for action in statement.Action : try(
          # What is left out is no text.
          contains(var.holds, action["Fn::If"][0]) ? tostring(action["Fn::If"][1]) : try(tostring(action["Fn::If"][2]), ""),
          tostring(action),
        )
      ]))
      resources = sort(flatten([
        for resource in flatten([try(split(",", var.parameters[statement.Resource.Ref]), statement.Resource)]) : try(resource["Fn::Sub"], resource)
      ]))
      conditions = {
        for operator, keys in try(
          [{}, statement.Condition["Fn::If"][1]][contains(var.holds, statement.Condition["Fn::If"][0]) ? 1 : 0],
          statement.Condition,
          {},
        ) :
        operator => {
          for key, values in try(keys["Fn::If"][1], keys) : key => sort(try(split(",", var.parameters[values.Ref]), values))
        }
        if try(contains(var.holds, keys["Fn::If"][0]), true)
      }
    }
  }
}

output "statements" {
  description = "The statements of the policy, by name."
  value       = local.statements
}

output "parameters" {
  description = "Names of the parameters that the template has."
  value       = keys(local.template.Parameters)
}

output "conditions" {
  description = "Names of the conditions that the template has."
  value       = keys(local.template.Conditions)
}
