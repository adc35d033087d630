# Written by scripts/terraform-generate from parts/external_id.tf: change that.

# What the roles in other accounts ask for.

variable "assume_role_external_id" {
  description = "The external id that the roles ask for. Stands in the state and in the function's environment. Better use assume_role_external_id_secret."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = trimspace(coalesce(var.assume_role_external_id, " ")) == "" ? true : can(regex("^[A-Za-z0-9_+=,.@:/-]{2,}$", var.assume_role_external_id)) && length(var.assume_role_external_id) <= 1224 && !startswith(var.assume_role_external_id, "arn:")
    error_message = "assume_role_external_id (not shown, as it is a secret) must be 2 to 1224 letters, digits and _+=,.@:/-. The ARN of a secret that holds one is assume_role_external_id_secret."
  }
}

variable "assume_role_external_id_secret" {
  description = "ARN of the secret or parameter that holds the external id. Not together with assume_role_external_id."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.assume_role_external_id_secret, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}|ssm:[a-z0-9-]+:[0-9]{12}:parameter(/[A-Za-z0-9_.-]+)+)$", var.assume_role_external_id_secret))
    error_message = "assume_role_external_id_secret is `${coalesce(var.assume_role_external_id_secret, " ")}`: must be a secret's whole ARN with the six characters AWS ends it with, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX, or a parameter's, arn:aws:ssm:REGION:ACCOUNT:parameter/NAME."
  }

  validation {
    condition     = trimspace(coalesce(var.assume_role_external_id_secret, " ")) == "" || trimspace(coalesce(var.assume_role_external_id, " ")) == ""
    error_message = "assume_role_external_id_secret and assume_role_external_id are two ways to give one external id: set only one of them."
  }
}

locals {
  # The secrets among the settings that only some modules have.
  secrets = {
    arns = {
      ASSUME_ROLE_EXTERNAL_ID = var.assume_role_external_id_secret
    }
    values = {
      ASSUME_ROLE_EXTERNAL_ID = var.assume_role_external_id
    }
  }
}
