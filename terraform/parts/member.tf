# The role in an account that is audited from another one: what both ways to make it have in common.

variable "audit" {
  description = "Which audit the role is for: keys, of access keys, or tags, of EC2 tags. Each has a role of its own."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["keys", "tags"], var.audit)
    error_message = "audit is `${var.audit}`: must be keys or tags."
  }
}

variable "name" {
  description = "Name of the role: what the function has as assume_role_name, less the path. By default sleuth-member-AUDIT."
  type        = string
  default     = null

  validation {
    condition     = var.name == null ? true : can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.name))
    error_message = "name is `${coalesce(var.name, " ")}`: must be the name of a role: letters, digits and _+=,.@-, at most 64."
  }
}

variable "path" {
  description = "Path of the role, such as /audit/. The function's assume_role_name has to have it, too: audit/sleuth-member-keys."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@-]+/)*$", var.path))
    error_message = "path is `${var.path}`: must begin and end with a slash, such as /audit/."
  }
}

variable "function_roles" {
  description = "ARNs of the roles that may assume this one: that of the function, the output role_arn of modules/organization, with its path if it has one. They need not exist yet. All are of one account."
  type        = list(string)
  nullable    = false

  validation {
    # What a policy would take for a pattern or a variable is refused too.
    condition     = length(var.function_roles) > 0 && alltrue([for arn in var.function_roles : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$", arn))])
    error_message = "function_roles are `${join(",", var.function_roles)}`: must be ARNs of roles, arn:aws:iam::ACCOUNT:role/NAME, at least one."
  }

  validation {
    condition     = length(distinct([for arn in var.function_roles : try(split(":", arn)[4], "")])) <= 1
    error_message = "function_roles are `${join(",", var.function_roles)}`: must be of one account."
  }
}

variable "external_id" {
  description = "What those who assume the role have to say: the function's assume_role_external_id. It stands in the trust of the role, where everybody sees it who may look at roles. By default nothing."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.external_id, " ")) == "" ? true : can(regex("^[A-Za-z0-9_+=,.@:/-]{2,}$", var.external_id)) && length(var.external_id) <= 1224
    error_message = "external_id must be 2 to 1224 letters, digits and _+=,.@:/-."
  }
}

locals {
  name        = coalesce(var.name, "sleuth-member-${var.audit}")
  external_id = trimspace(coalesce(var.external_id, " "))

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = flatten([
      for policy in var.audit == "keys" ? [local.keys_statements] : [local.tags_region_statements, local.tags_statements] :
      try(jsondecode(policy).Statement, [])
    ])
  })

  function_account = try(split(":", var.function_roles[0])[4], "")

  # Not a data source, in which a secret external id would hide whether there is one.
  trust_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = "sts:AssumeRole"
      # The account, and the roles as a condition: a role that is named here would have to exist, and would not be meant any
      # more after it was made anew.
      Principal = { AWS = "arn:${local.partition}:iam::${local.function_account}:root" }
      Condition = {
        ArnEquals = { "aws:PrincipalArn" = sort(distinct(var.function_roles)) }
        StringEquals = merge(
          # The name that the function gives its sessions.
          { "sts:RoleSessionName" = "sleuth" },
          local.external_id == "" ? {} : { "sts:ExternalId" = local.external_id },
        )
      }
    }]
  })
}
