# Written by scripts/terraform-generate from parts/outputs.tf: change that.

# Where messages and reports go, and what else all functions are told. Each setting of the program has an input of its name in lower case; one that is not given,
# or empty, is not set for the function either, so that the program's own default applies. The rules are the program's,
# checked here too, because a plan that is refused is better than a function that fails every morning.
#
# A setting that is a secret has two inputs: its own, which stands in the state and in the environment, and X_secret, the
# ARN of a Secrets Manager secret or a Parameter Store parameter that the function reads at run time.
#
# A module that has this part defines local.audit: keys, tags, watch or digest; and local.secrets, the secrets among its own
# settings: their ARNs, and their values, each by the name of the setting.

variable "slack_url" {
  description = "Slack incoming webhook that is posted to. A secret: it stands in the state and in the function's environment. Better use slack_url_secret."
  type        = string
  default     = null
  sensitive   = true

  validation {
    # The program also takes plain HTTP to its own machine, which in Lambda is of no use.
    condition     = trimspace(coalesce(var.slack_url, " ")) == "" ? true : can(regex("^https://[^/\\s]+\\S*$", var.slack_url))
    error_message = "slack_url (not shown, as it is a secret) must be a URL that starts with https://. The ARN of a secret that holds one is slack_url_secret."
  }
}

variable "slack_url_secret" {
  description = "ARN of the Secrets Manager secret or Parameter Store parameter that holds the Slack webhook. Not together with slack_url."
  type        = string
  default     = null

  validation {
    # A secret's whole ARN, because a policy does not match it by less.
    condition     = trimspace(coalesce(var.slack_url_secret, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}|ssm:[a-z0-9-]+:[0-9]{12}:parameter(/[A-Za-z0-9_.-]+)+)$", var.slack_url_secret))
    error_message = "slack_url_secret is `${coalesce(var.slack_url_secret, " ")}`: must be a secret's whole ARN with the six characters AWS ends it with, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX, or a parameter's, arn:aws:ssm:REGION:ACCOUNT:parameter/NAME."
  }

  validation {
    condition     = trimspace(coalesce(var.slack_url_secret, " ")) == "" || trimspace(coalesce(var.slack_url, " ")) == ""
    error_message = "slack_url_secret and slack_url are two ways to give one webhook: set only one of them."
  }
}

variable "slack_bot_token" {
  description = "Token of a Slack bot. A secret: it stands in the state and in the function's environment. Better use slack_bot_token_secret."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = trimspace(coalesce(var.slack_bot_token, " ")) == "" ? true : can(regex("^(xoxb-|xoxe\\.xoxb-)\\S+$", trimspace(var.slack_bot_token)))
    error_message = "slack_bot_token (not shown, as it is a secret) must be a bot's token, xoxb-…. The ARN of a secret that holds one is slack_bot_token_secret."
  }
}

variable "slack_bot_token_secret" {
  description = "ARN of the secret or parameter that holds the token of a Slack bot. Owners get direct messages, slack_channel the rest. Not together with slack_bot_token."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.slack_bot_token_secret, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}|ssm:[a-z0-9-]+:[0-9]{12}:parameter(/[A-Za-z0-9_.-]+)+)$", var.slack_bot_token_secret))
    error_message = "slack_bot_token_secret is `${coalesce(var.slack_bot_token_secret, " ")}`: must be a secret's whole ARN with the six characters AWS ends it with, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX, or a parameter's, arn:aws:ssm:REGION:ACCOUNT:parameter/NAME."
  }

  validation {
    condition     = trimspace(coalesce(var.slack_bot_token_secret, " ")) == "" || trimspace(coalesce(var.slack_bot_token, " ")) == ""
    error_message = "slack_bot_token_secret and slack_bot_token are two ways to give one token: set only one of them."
  }
}

variable "slack_channel" {
  description = "The channel for what is not for one owner alone: an id such as C0123456789, or #name. Needed with a bot's token, and of use only with one."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.slack_channel, " ")) == "" ? true : can(regex("^([CG][A-Z0-9]+|#[a-z0-9_\\x{80}-\\x{10FFFF}-]{1,80})$", trimspace(var.slack_channel)))
    error_message = "slack_channel is `${coalesce(var.slack_channel, " ")}`: must be a channel's id (C… or G…) or its name with a # before it."
  }

  validation {
    condition     = (trimspace(coalesce(var.slack_channel, " ")) == "") == (trimspace(coalesce(var.slack_bot_token, " ")) == "" && trimspace(coalesce(var.slack_bot_token_secret, " ")) == "")
    error_message = "slack_channel and slack_bot_token_secret (or slack_bot_token) need each other: set both or neither."
  }
}

variable "slack_api_url" {
  description = "Another address of Slack's Web API, behind a proxy."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.slack_api_url, " ")) == "" ? true : can(regex("^https://[^/\\s]+\\S*$", trimspace(var.slack_api_url)))
    error_message = "slack_api_url must be a URL that starts with https://."
  }
}

variable "sns_topic" {
  description = "ARN of the SNS topic that is published to. The function may publish to this topic only."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.sns_topic, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9._-]+$", trimspace(var.sns_topic)))
    error_message = "sns_topic is `${coalesce(var.sns_topic, " ")}`: must be a topic's ARN, arn:aws:sns:REGION:ACCOUNT:NAME."
  }
}

variable "sns_topic_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts sns_topic, if one does. Its policy has to allow the function's role, too, if it is another account's."
  type        = string
  default     = null

  validation {
    # Not an alias: a policy does not match a key by it.
    condition     = trimspace(coalesce(var.sns_topic_kms_key, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.sns_topic_kms_key))
    error_message = "sns_topic_kms_key is `${coalesce(var.sns_topic_kms_key, " ")}`: must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }

  validation {
    condition     = trimspace(coalesce(var.sns_topic_kms_key, " ")) == "" || trimspace(coalesce(var.sns_topic, " ")) != ""
    error_message = "sns_topic_kms_key needs sns_topic."
  }
}

variable "smtp_url" {
  description = "Mail server: smtps://HOST (TLS) or smtp://HOST (STARTTLS, which the server must offer), with a port or without."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.smtp_url, " ")) == "" ? true : can(regex("^smtps?://([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?/?$", trimspace(var.smtp_url)))
    error_message = "smtp_url (not shown, as it may hold a password) must be smtps://HOST or smtp://HOST, with a port or without. Login is smtp_user and smtp_password."
  }
}

variable "smtp_user" {
  description = "Who logs in to the mail server. A secret: it stands in the state and in the function's environment. Better use smtp_user_secret."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = !startswith(trimspace(coalesce(var.smtp_user, " ")), "arn:")
    error_message = "smtp_user (not shown, as it is a secret) must be the user itself. The ARN of a secret that holds it is smtp_user_secret."
  }
}

variable "smtp_user_secret" {
  description = "ARN of the secret or parameter that holds who logs in to the mail server. Not together with smtp_user."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.smtp_user_secret, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}|ssm:[a-z0-9-]+:[0-9]{12}:parameter(/[A-Za-z0-9_.-]+)+)$", var.smtp_user_secret))
    error_message = "smtp_user_secret is `${coalesce(var.smtp_user_secret, " ")}`: must be a secret's whole ARN with the six characters AWS ends it with, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX, or a parameter's, arn:aws:ssm:REGION:ACCOUNT:parameter/NAME."
  }

  validation {
    condition     = trimspace(coalesce(var.smtp_user_secret, " ")) == "" || trimspace(coalesce(var.smtp_user, " ")) == ""
    error_message = "smtp_user_secret and smtp_user are two ways to give one user: set only one of them."
  }
}

variable "smtp_password" {
  description = "Password for the mail server. A secret: it stands in the state and in the function's environment. Better use smtp_password_secret."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = !startswith(trimspace(coalesce(var.smtp_password, " ")), "arn:")
    error_message = "smtp_password (not shown, as it is a secret) must be the password itself. The ARN of a secret that holds it is smtp_password_secret."
  }
}

variable "smtp_password_secret" {
  description = "ARN of the secret or parameter that holds the password for the mail server; it may be that of smtp_user_secret. Not together with smtp_password."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.smtp_password_secret, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}|ssm:[a-z0-9-]+:[0-9]{12}:parameter(/[A-Za-z0-9_.-]+)+)$", var.smtp_password_secret))
    error_message = "smtp_password_secret is `${coalesce(var.smtp_password_secret, " ")}`: must be a secret's whole ARN with the six characters AWS ends it with, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX, or a parameter's, arn:aws:ssm:REGION:ACCOUNT:parameter/NAME."
  }

  validation {
    condition     = trimspace(coalesce(var.smtp_password_secret, " ")) == "" || trimspace(coalesce(var.smtp_password, " ")) == ""
    error_message = "smtp_password_secret and smtp_password are two ways to give one password: set only one of them."
  }

  validation {
    condition = (
      (trimspace(coalesce(var.smtp_password_secret, " ")) == "" && trimspace(coalesce(var.smtp_password, " ")) == "") ==
      (trimspace(coalesce(var.smtp_user_secret, " ")) == "" && trimspace(coalesce(var.smtp_user, " ")) == "")
    )
    error_message = "smtp_password_secret (or smtp_password) and smtp_user_secret (or smtp_user) need each other: set both or neither."
  }

  validation {
    condition     = trimspace(coalesce(var.smtp_password_secret, var.smtp_password, " ")) == "" || trimspace(coalesce(var.smtp_url, " ")) != ""
    error_message = "smtp_user and smtp_password are of use only with smtp_url."
  }
}

variable "smtp_ca_file" {
  description = "File in the package with certificates in PEM form, to be trusted beside those of the machine, such as /var/task/ca.pem."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.smtp_ca_file, " ")) == "" || trimspace(coalesce(var.smtp_url, " ")) != ""
    error_message = "smtp_ca_file is of use only with smtp_url."
  }
}

variable "email_from" {
  description = "The sender, as in `Sleuth <sleuth@example.com>`. Needed with smtp_url."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.email_from, " ")) == "" ? true : can(regex("^((\"[^\"[:cntrl:]]*\"\\s*|[^@,\"<>[:cntrl:]]*)<[^@\\s<>,]+@[^@\\s<>,]+>|[^@\\s<>,]+@[^@\\s<>,]+)$", trimspace(var.email_from)))
    error_message = "email_from is `${coalesce(var.email_from, " ")}`: must be an e-mail address, NAME@DOMAIN, or `Words <NAME@DOMAIN>`."
  }

  validation {
    condition     = (trimspace(coalesce(var.email_from, " ")) == "") == (trimspace(coalesce(var.smtp_url, " ")) == "")
    error_message = "email_from and smtp_url need each other: set both or neither."
  }
}

variable "email_to" {
  description = "Who gets all findings: addresses, each NAME@DOMAIN or `Words <NAME@DOMAIN>`. Needed with smtp_url, unless Slack or SNS gets them and owners theirs by mail."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for address in var.email_to : can(regex("^((\"[^\"[:cntrl:]]*\"\\s*|[^@,\"<>[:cntrl:]]*)<[^@\\s<>,]+@[^@\\s<>,]+>|[^@\\s<>,]+@[^@\\s<>,]+)$", address))
    ])
    error_message = "email_to is `${join(",", var.email_to)}`: must be e-mail addresses, each NAME@DOMAIN or `Words <NAME@DOMAIN>`."
  }

  validation {
    condition     = length(var.email_to) == 0 || trimspace(coalesce(var.smtp_url, " ")) != ""
    error_message = "email_to is of use only with smtp_url."
  }

  validation {
    condition = (
      trimspace(coalesce(var.smtp_url, " ")) == "" || length(var.email_to) > 0 ||
      (length(var.email_owner_domains) > 0 && anytrue([
        for other in [var.slack_url, var.slack_url_secret, var.slack_bot_token, var.slack_bot_token_secret, var.sns_topic] :
        trimspace(coalesce(other, " ")) != ""
      ]))
    )
    error_message = "email_to is empty: somebody must get what is for no owner alone. Set it, or another channel beside email_owner_domains."
  }
}

variable "email_owner_domains" {
  description = "Domains in which owners get their own findings, or `*` alone for any. Tags say where owners live, and many people may set tags: so nobody is written to in other domains. By default no owner is written to."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = (
      join(",", var.email_owner_domains) == "*" ||
      alltrue([for domain in var.email_owner_domains : can(regex("^[^@*\\s,]+$", domain))])
    )
    error_message = "email_owner_domains are `${join(",", var.email_owner_domains)}`: must be domains such as example.com, or * alone for all. A domain stands for itself and not for those below it."
  }

  validation {
    condition     = length(var.email_owner_domains) == 0 || trimspace(coalesce(var.smtp_url, " ")) != ""
    error_message = "email_owner_domains are of use only with smtp_url."
  }
}

variable "notify_retry_seconds" {
  description = "Seconds a channel may spend on failed attempts and the waits after them. The program's default is 60."
  type        = number
  default     = null

  validation {
    condition     = var.notify_retry_seconds == null ? true : floor(var.notify_retry_seconds) == var.notify_retry_seconds && var.notify_retry_seconds >= 0 && var.notify_retry_seconds <= 900
    error_message = "notify_retry_seconds is ${coalesce(var.notify_retry_seconds, -1)}: must be a whole number from 0 to 900."
  }
}

variable "archive" {
  description = "s3://BUCKET/PREFIX: where the report of every run is kept. An audit may put objects below it and read none, but what it left itself in a run over many accounts; the digest may read them and put none."
  type        = string
  default     = null

  validation {
    condition = trimspace(coalesce(var.archive, " ")) == "" ? true : alltrue([
      # What a policy would take for a pattern or a variable is refused too.
      can(regex("^s3://[a-z0-9][a-z0-9.-]{2,62}(/[^[:cntrl:]*?$]*)?$", trimspace(var.archive))),
      !strcontains(trimprefix(trimspace(var.archive), "s3://"), "//"),
      length(var.archive) <= 800,
    ])
    error_message = "archive is `${coalesce(var.archive, " ")}`: must be a place in S3, s3://BUCKET or s3://BUCKET/PREFIX, without *, ? and $."
  }

  validation {
    condition     = can(regex("^[\\x{00}-\\x{FF}]*$", coalesce(var.archive, " ")))
    error_message = "archive is `${coalesce(var.archive, " ")}`: must have no letter or sign beyond those of Latin-1, up to ÿ, as the function's policy names the place and AWS takes no others there."
  }
}

variable "archive_kms_key" {
  description = "ARN of the customer-managed KMS key that reports are encrypted with. By default as the bucket does by itself."
  type        = string
  default     = null

  validation {
    # The program takes an alias, too. A policy does not match a key by it.
    condition     = trimspace(coalesce(var.archive_kms_key, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.archive_kms_key))
    error_message = "archive_kms_key is `${coalesce(var.archive_kms_key, " ")}`: must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }

  validation {
    condition     = trimspace(coalesce(var.archive_kms_key, " ")) == "" || trimspace(coalesce(var.archive, " ")) != ""
    error_message = "archive_kms_key is of use only with archive."
  }
}

variable "archive_bucket_kms_key" {
  description = "ARN of the customer-managed KMS key that the bucket of archive encrypts with by itself, if one does and archive_kms_key is not set."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.archive_bucket_kms_key, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.archive_bucket_kms_key))
    error_message = "archive_bucket_kms_key is `${coalesce(var.archive_bucket_kms_key, " ")}`: must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }

  validation {
    condition     = trimspace(coalesce(var.archive_bucket_kms_key, " ")) == "" || trimspace(coalesce(var.archive, " ")) != ""
    error_message = "archive_bucket_kms_key is of use only with archive."
  }
}

variable "search_url" {
  description = "Address of OpenSearch or Elasticsearch: https://HOST, with a path or without."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.search_url, " ")) == "" ? true : can(regex("^https://[^/\\s@?#]+(/[^\\s?#]*)?$", trimspace(var.search_url)))
    error_message = "search_url (not shown, as it may hold a password) must start with https:// and end with the host or a path, without user, password, ? and #."
  }
}

variable "search_auth" {
  description = "How to log in to it: sigv4, by the role of the function, basic, by name and password, or none. The program's default is basic if a user is set, else sigv4 at AWS, else none."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.search_auth, " ")) == "" ? true : contains(["sigv4", "basic", "none"], var.search_auth)
    error_message = "search_auth is `${coalesce(var.search_auth, " ")}`: must be sigv4, basic or none."
  }

  validation {
    condition     = trimspace(coalesce(var.search_auth, " ")) == "" || trimspace(coalesce(var.search_url, " ")) != ""
    error_message = "search_auth is of use only with search_url."
  }

  validation {
    condition     = trimspace(coalesce(var.search_auth, " ")) == "" ? true : (var.search_auth == "basic") == (trimspace(coalesce(var.search_user, " ")) != "")
    error_message = "search_auth is `${coalesce(var.search_auth, " ")}`: search_user and search_password are needed for search_auth basic, and of use only with it."
  }
}

variable "search_user" {
  description = "The name, for basic."
  type        = string
  default     = null

  validation {
    condition     = !strcontains(coalesce(var.search_user, " "), ":")
    error_message = "search_user must not hold a colon, which ends a name in HTTP."
  }

  validation {
    condition     = trimspace(coalesce(var.search_user, " ")) == "" || trimspace(coalesce(var.search_url, " ")) != ""
    error_message = "search_user is of use only with search_url."
  }
}

variable "search_password" {
  description = "The password, for basic. A secret: it stands in the state and in the function's environment. Better use search_password_secret."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = !startswith(trimspace(coalesce(var.search_password, " ")), "arn:")
    error_message = "search_password (not shown, as it is a secret) must be the password itself. The ARN of a secret that holds it is search_password_secret."
  }
}

variable "search_password_secret" {
  description = "ARN of the secret or parameter that holds the password, for basic. Not together with search_password."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.search_password_secret, " ")) == "" ? true : can(regex("^arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}|ssm:[a-z0-9-]+:[0-9]{12}:parameter(/[A-Za-z0-9_.-]+)+)$", var.search_password_secret))
    error_message = "search_password_secret is `${coalesce(var.search_password_secret, " ")}`: must be a secret's whole ARN with the six characters AWS ends it with, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX, or a parameter's, arn:aws:ssm:REGION:ACCOUNT:parameter/NAME."
  }

  validation {
    condition     = trimspace(coalesce(var.search_password_secret, " ")) == "" || trimspace(coalesce(var.search_password, " ")) == ""
    error_message = "search_password_secret and search_password are two ways to give one password: set only one of them."
  }

  validation {
    condition = (
      (trimspace(coalesce(var.search_user, " ")) == "") ==
      (trimspace(coalesce(var.search_password_secret, " ")) == "" && trimspace(coalesce(var.search_password, " ")) == "")
    )
    error_message = "search_user and search_password_secret (or search_password) need each other: set both or neither."
  }
}

variable "search_index" {
  description = "The index. The program's default is aws-audits."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.search_index, " ")) == "" ? true : can(regex("^[a-z0-9][a-z0-9_.-]{0,254}$", trimspace(var.search_index)))
    error_message = "search_index is `${coalesce(var.search_index, " ")}`: must be a-z, 0-9, `-`, `_` and `.` only, begin with a letter or digit, and have at most 255 characters."
  }

  validation {
    condition     = trimspace(coalesce(var.search_index, " ")) == "" || trimspace(coalesce(var.search_url, " ")) != ""
    error_message = "search_index is of use only with search_url."
  }
}

variable "search_domain" {
  description = "ARN of the domain of OpenSearch Service at search_url, or of the collection of OpenSearch Serverless, for sigv4: the function may search and write the index of a domain. A collection's data access policy has to allow the function's role, too."
  type        = string
  default     = null

  validation {
    condition = trimspace(coalesce(var.search_domain, " ")) == "" ? true : anytrue([
      can(regex("^arn:aws[a-z-]*:es:[a-z0-9-]+:[0-9]{12}:domain/[a-z][a-z0-9-]{2,27}$", var.search_domain)),
      can(regex("^arn:aws[a-z-]*:aoss:[a-z0-9-]+:[0-9]{12}:collection/[a-z0-9]+$", var.search_domain)),
    ])
    error_message = "search_domain is `${coalesce(var.search_domain, " ")}`: must be the ARN of a domain, arn:aws:es:REGION:ACCOUNT:domain/NAME, or of a collection, arn:aws:aoss:REGION:ACCOUNT:collection/ID."
  }

  validation {
    condition     = trimspace(coalesce(var.search_domain, " ")) == "" || trimspace(coalesce(var.search_url, " ")) != ""
    error_message = "search_domain is of use only with search_url."
  }
}

variable "secrets_kms_keys" {
  description = "ARNs of the customer-managed KMS keys that encrypt any of the secrets. The function may decrypt with them, through the services that keep the secrets only. Not needed for the keys AWS manages."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    # Not an alias: a policy does not match a key by it.
    condition     = alltrue([for key in var.secrets_kms_keys : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", key))])
    error_message = "secrets_kms_keys are `${join(",", var.secrets_kms_keys)}`: must be keys' ARNs, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }

  validation {
    condition     = length(var.secrets_kms_keys) == 0 || length(local.outputs_secrets) > 0
    error_message = "secrets_kms_keys are of use only with an input whose name ends in _secret."
  }
}

variable "concurrency" {
  description = "How many users, regions or instances are read side by side. The program's default is 16."
  type        = number
  default     = null

  validation {
    condition     = var.concurrency == null ? true : floor(var.concurrency) == var.concurrency && var.concurrency >= 1 && var.concurrency <= 100
    error_message = "concurrency is ${coalesce(var.concurrency, -1)}: must be a whole number from 1 to 100."
  }
}

variable "aws_retry_mode" {
  description = "How throttled calls of AWS are repeated: adaptive, or standard, which is faster and takes more of AWS's limits. The program's default is adaptive."
  type        = string
  default     = null

  validation {
    condition     = trimspace(coalesce(var.aws_retry_mode, " ")) == "" ? true : contains(["adaptive", "standard"], var.aws_retry_mode)
    error_message = "aws_retry_mode is `${coalesce(var.aws_retry_mode, " ")}`: must be adaptive or standard."
  }
}

variable "metrics" {
  description = "Whether the function writes metrics into its log, of which CloudWatch makes those of the namespace Sleuth."
  type        = bool
  default     = true
  nullable    = false
}

variable "debug" {
  description = "Whether more is logged."
  type        = bool
  default     = false
  nullable    = false
}

locals {
  # Whether there is a secret is none, and kept apart from its value it lets plans show all other settings.
  outputs_secret_environment = {
    for name, value in merge(local.secrets.values, {
      SLACK_URL       = var.slack_url
      SLACK_BOT_TOKEN = var.slack_bot_token
      SMTP_USER       = var.smtp_user
      SMTP_PASSWORD   = var.smtp_password
      SEARCH_PASSWORD = var.search_password
    }) : name => value if nonsensitive(trimspace(coalesce(value, " ")) != "")
  }

  outputs_secrets = {
    for name, arn in merge(local.secrets.arns, {
      SLACK_URL       = var.slack_url_secret
      SLACK_BOT_TOKEN = var.slack_bot_token_secret
      SMTP_USER       = var.smtp_user_secret
      SMTP_PASSWORD   = var.smtp_password_secret
      SEARCH_PASSWORD = var.search_password_secret
    }) : name => trimspace(arn) if trimspace(coalesce(arn, " ")) != ""
  }

  outputs_environment = merge(local.outputs_secrets, {
    for name, value in {
      SLACK_CHANNEL        = var.slack_channel
      SLACK_API_URL        = var.slack_api_url
      SNS_TOPIC            = var.sns_topic
      SMTP_URL             = var.smtp_url
      SMTP_CA_FILE         = var.smtp_ca_file
      EMAIL_FROM           = var.email_from
      EMAIL_TO             = join(",", var.email_to)
      EMAIL_OWNER_DOMAINS  = join(",", var.email_owner_domains)
      NOTIFY_RETRY_SECONDS = var.notify_retry_seconds
      ARCHIVE              = var.archive
      ARCHIVE_KMS_KEY      = var.archive_kms_key
      SEARCH_URL           = var.search_url
      SEARCH_AUTH          = var.search_auth
      SEARCH_USER          = var.search_user
      SEARCH_INDEX         = var.search_index
      CONCURRENCY          = var.concurrency
      AWS_RETRY_MODE       = var.aws_retry_mode
      METRICS              = var.metrics ? null : "false"
      DEBUG                = var.debug ? "true" : null
    } : name => tostring(value) if trimspace(coalesce(value, " ")) != ""
  })

  # Where a secret is kept is read off its ARN: arn:PARTITION:SERVICE:REGION:…
  outputs_secret_arns = {
    for service in ["secretsmanager", "ssm"] :
    service => sort(distinct([for arn in values(local.outputs_secrets) : arn if split(":", arn)[2] == service]))
  }

  # How KMS names the service when it asks for the function. It is not certain which suffix that takes in partitions with
  # one of their own, such as China's; nobody but the service can go by either name.
  outputs_suffixes = distinct(["amazonaws.com", data.aws_partition.current.dns_suffix])
  outputs_kept_by = sort(distinct(flatten([
    for arn in values(local.outputs_secrets) :
    [for suffix in local.outputs_suffixes : "${split(":", arn)[2]}.${split(":", arn)[3]}.${suffix}"]
  ])))

  outputs_topics = compact([trimspace(coalesce(var.sns_topic, " "))])

  outputs_place   = split("/", trimsuffix(trimprefix(trimspace(coalesce(var.archive, " ")), "s3://"), "/"))
  outputs_buckets = compact([for name in slice(local.outputs_place, 0, 1) : name == "" ? "" : "arn:${local.partition}:s3:::${name}"])
  outputs_prefix  = join("/", slice(local.outputs_place, 1, length(local.outputs_place)))
  outputs_objects = [
    for bucket in local.outputs_buckets : join("/", compact([bucket, local.outputs_prefix, "*"]))
  ]
  # The key that is named goes before the bucket's own.
  outputs_known_keys   = compact([for key in [var.archive_kms_key, var.archive_bucket_kms_key] : trimspace(coalesce(key, " "))])
  outputs_archive_keys = slice(local.outputs_known_keys, 0, min(1, length(local.outputs_known_keys)))

  # A digest is made of the archive, if there is one, and only then of the index.
  outputs_reads_archive = local.audit == "digest"
  outputs_domains       = local.outputs_reads_archive && length(local.outputs_buckets) > 0 ? [] : compact([trimspace(coalesce(var.search_domain, " "))])
  outputs_index         = trimspace(coalesce(var.search_index, "aws-audits"))

  outputs_statements = data.aws_iam_policy_document.outputs.json
}

data "aws_iam_policy_document" "outputs" {
  dynamic "statement" {
    for_each = local.outputs_topics

    content {
      sid       = "Publish"
      actions   = ["sns:Publish"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = compact([trimspace(coalesce(var.sns_topic_kms_key, " "))])

    content {
      sid       = "EncryptMessages"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]

      # The key is used for messages of the topic, and for nothing that is handed to KMS directly.
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [for suffix in local.outputs_suffixes : "sns.${split(":", local.outputs_topics[0])[3]}.${suffix}"]
      }
    }
  }

  dynamic "statement" {
    for_each = { for service, arns in local.outputs_secret_arns : service => arns if length(arns) > 0 }

    content {
      sid       = statement.key == "ssm" ? "ReadParameters" : "ReadSecrets"
      actions   = [statement.key == "ssm" ? "ssm:GetParameter" : "secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(var.secrets_kms_keys) > 0 ? [sort(distinct(var.secrets_kms_keys))] : []

    content {
      sid       = "DecryptSecrets"
      actions   = ["kms:Decrypt"]
      resources = statement.value

      # The keys open secrets where they are kept, and nothing that is handed to KMS directly.
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.outputs_kept_by
      }
    }
  }

  dynamic "statement" {
    for_each = local.outputs_objects

    content {
      sid       = local.outputs_reads_archive ? "ReadArchive" : "WriteArchive"
      actions   = [local.outputs_reads_archive ? "s3:GetObject" : "s3:PutObject"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.outputs_reads_archive ? local.outputs_buckets : []

    content {
      sid       = "ListArchive"
      actions   = ["s3:ListBucket"]
      resources = [statement.value]

      dynamic "condition" {
        for_each = compact([local.outputs_prefix])

        content {
          test     = "StringLike"
          variable = "s3:prefix"
          values   = ["${condition.value}/*"]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = local.outputs_archive_keys

    content {
      sid       = local.outputs_reads_archive ? "DecryptArchive" : "EncryptArchive"
      actions   = [local.outputs_reads_archive ? "kms:Decrypt" : "kms:GenerateDataKey"]
      resources = [statement.value]

      # The region of the bucket is not known here; it is that of the key.
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [for suffix in local.outputs_suffixes : "s3.${split(":", statement.value)[3]}.${suffix}"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.outputs_domains

    content {
      sid     = "Search"
      actions = [split(":", statement.value)[2] == "aoss" ? "aoss:APIAccessAll" : "es:ESHttpPost"]
      # A collection's own policy narrows the role to an index; IAM cannot.
      resources = [split(":", statement.value)[2] == "aoss" ? statement.value : "${statement.value}/${local.outputs_index}/*"]
    }
  }
}
