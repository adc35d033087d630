# Written by scripts/terraform-generate from parts/deployment.tf: change that.

# What every function's deployment can be told. Name, schedule, missing_run_hours, asynchronous_retries and timeout are
# each module's own, as their defaults differ.

# The package, in one of three ways: a file, an object in S3, or a release.

variable "package" {
  description = "Path of the zip file that holds the function's `bootstrap`, as `scripts/build` writes it. One of three ways to give the package: this, package_s3_bucket with package_s3_key, or release with release_repository and release_sha256."
  type        = string
  default     = null

  validation {
    # `can`, because a folder is an error to fileexists, not a no.
    condition     = var.package == null ? true : (can(fileexists(var.package)) ? fileexists(var.package) : false)
    error_message = "package is `${coalesce(var.package, " ")}`: must be the path of an existing zip file. Build it with scripts/build."
  }

  validation {
    condition = length([
      for way in [var.package, coalesce(var.package_s3_bucket, var.package_s3_key, " ") == " " ? null : "s3", var.release] : way if way != null
    ]) == 1
    error_message = "package, package_s3_bucket (with package_s3_key) and release are three ways to give one package: set exactly one of them."
  }
}

variable "package_s3_bucket" {
  description = "Bucket that holds the package, in the function's region. Needs package_s3_key."
  type        = string
  default     = null

  validation {
    condition     = var.package_s3_bucket == null ? true : can(regex("^[a-z0-9][a-z0-9.-]{2,62}$", var.package_s3_bucket))
    error_message = "package_s3_bucket is `${coalesce(var.package_s3_bucket, " ")}`: must be the name of an S3 bucket."
  }
}

variable "package_s3_key" {
  description = "Key of the package in package_s3_bucket."
  type        = string
  default     = null

  validation {
    condition     = (var.package_s3_key == null) == (var.package_s3_bucket == null)
    error_message = "package_s3_key and package_s3_bucket need each other: set both or neither."
  }
}

variable "package_s3_version" {
  description = "Version of the object, if the bucket keeps versions. Without it the newest is taken, and a new one is noticed only by package_sha256."
  type        = string
  default     = null

  validation {
    condition     = var.package_s3_version == null || var.package_s3_key != null
    error_message = "package_s3_version needs package_s3_key."
  }
}

variable "package_sha256" {
  description = "SHA-256 of the package in S3, in hexadecimal digits, as `scripts/build` writes it beside the package. A new value updates the function, and a function that then has another package is an error."
  type        = string
  default     = null

  validation {
    condition     = var.package_sha256 == null ? true : can(regex("^[0-9a-f]{64}$", var.package_sha256))
    error_message = "package_sha256 is `${coalesce(var.package_sha256, " ")}`: must be 64 hexadecimal digits, a to f in lower case."
  }

  validation {
    condition     = var.package_sha256 == null || var.package_s3_key != null
    error_message = "package_sha256 needs package_s3_key; that of a release is release_sha256."
  }
}

variable "release" {
  description = "Tag of the release whose package is downloaded, such as v1.0.0. Needs release_repository and release_sha256, and curl where Terraform runs."
  type        = string
  default     = null

  validation {
    condition     = var.release == null ? true : can(regex("^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$", var.release))
    error_message = "release is `${coalesce(var.release, " ")}`: must be the tag of a release, such as v1.0.0."
  }

  validation {
    condition     = (var.release == null) == (var.release_repository == null) && (var.release == null) == (var.release_sha256 == null)
    error_message = "release, release_repository and release_sha256 need each other: set all or none."
  }
}

variable "release_repository" {
  description = "Repository that the release is of, OWNER/NAME."
  type        = string
  default     = null

  validation {
    condition     = var.release_repository == null ? true : can(regex("^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", var.release_repository))
    error_message = "release_repository is `${coalesce(var.release_repository, " ")}`: must be a repository, OWNER/NAME."
  }
}

variable "release_sha256" {
  description = "SHA-256 of the release's package, in hexadecimal digits: a file that has another is not deployed."
  type        = string
  default     = null

  validation {
    condition     = var.release_sha256 == null ? true : can(regex("^[0-9a-f]{64}$", var.release_sha256))
    error_message = "release_sha256 is `${coalesce(var.release_sha256, " ")}`: must be 64 hexadecimal digits, a to f in lower case."
  }
}

variable "release_url" {
  description = "Where repositories are, for a mirror: the package is RELEASE_URL/OWNER/NAME/releases/download/TAG/FILE."
  type        = string
  default     = "https://github.com"
  nullable    = false

  validation {
    condition     = can(regex("^(https://[^/\\s?#@]+|http://127\\.0\\.0\\.1(:[0-9]+)?)(/[^\\s?#]*)?$", var.release_url)) && !endswith(var.release_url, "/")
    error_message = "release_url is `${var.release_url}`: must be https://HOST (or http://127.0.0.1:PORT), with a path or without, and no slash at its end."
  }
}

variable "architecture" {
  description = "Processor architecture the package was built for: arm64 or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is `${var.architecture}`: must be arm64 or x86_64."
  }
}

# How it runs.

variable "memory_size" {
  description = "Memory of the function in MB; its share of a processor grows with it."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = floor(var.memory_size) == var.memory_size && var.memory_size >= 128 && var.memory_size <= 10240
    error_message = "memory_size is ${var.memory_size}: must be a whole number of MB from 128 to 10240."
  }
}

variable "reserved_concurrency" {
  description = "How many runs there may be at a time, kept free for this function. By default it shares what the account has."
  type        = number
  default     = null

  validation {
    # 0 would switch the function off, which is what leaving the schedule out is for.
    condition     = var.reserved_concurrency == null ? true : floor(var.reserved_concurrency) == var.reserved_concurrency && var.reserved_concurrency >= 1
    error_message = "reserved_concurrency is ${coalesce(var.reserved_concurrency, -1)}: must be a whole number from 1."
  }
}

variable "schedule_timezone" {
  description = "Time zone the schedule is read in, by its IANA name, such as Europe/Berlin. Daylight saving is followed."
  type        = string
  default     = "UTC"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_+/-]*$", var.schedule_timezone))
    error_message = "schedule_timezone is `${var.schedule_timezone}`: must be the IANA name of a time zone, such as Europe/Berlin."
  }
}

variable "tracing" {
  description = "Whether runs are traced by X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

# How it is protected.

variable "kms_key" {
  description = "ARN of a customer-managed KMS key for the function's environment, its log group and its failure queue. Its policy has to allow CloudWatch Logs of the region to use it. By default AWS's own keys are used."
  type        = string
  default     = null

  validation {
    # Not an alias: a policy does not match a key by it.
    condition     = var.kms_key == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key))
    error_message = "kms_key is `${coalesce(var.kms_key, " ")}`: must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds what the roles may do at most."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary))
    error_message = "permissions_boundary is `${coalesce(var.permissions_boundary, " ")}`: must be a policy's ARN, arn:aws:iam::ACCOUNT:policy/NAME."
  }
}

variable "role_path" {
  description = "Path of the roles, such as /audit/."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@-]+/)*$", var.role_path))
    error_message = "role_path is `${var.role_path}`: must begin and end with a slash, such as /audit/."
  }
}

variable "vpc_subnets" {
  description = "Subnets to run in, by id. They need a way to AWS's services and to the channels. By default the function is in no VPC."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for subnet in var.vpc_subnets : can(regex("^subnet-[0-9a-f]+$", subnet))])
    error_message = "vpc_subnets are `${join(",", var.vpc_subnets)}`: must be ids of subnets, such as subnet-0a1b2c3d4e5f67890."
  }
}

variable "vpc_security_groups" {
  description = "Security groups of the function in vpc_subnets, by id."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for group in var.vpc_security_groups : can(regex("^sg-[0-9a-f]+$", group))])
    error_message = "vpc_security_groups are `${join(",", var.vpc_security_groups)}`: must be ids of security groups, such as sg-0a1b2c3d4e5f67890."
  }

  validation {
    condition     = (length(var.vpc_security_groups) == 0) == (length(var.vpc_subnets) == 0)
    error_message = "vpc_security_groups and vpc_subnets need each other: set both or neither."
  }
}

variable "code_signing_config" {
  description = "ARN of the code signing configuration that the package has to satisfy."
  type        = string
  default     = null

  validation {
    condition     = var.code_signing_config == null ? true : can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[a-z0-9]+$", var.code_signing_config))
    error_message = "code_signing_config is `${coalesce(var.code_signing_config, " ")}`: must be the ARN of a code signing configuration, arn:aws:lambda:REGION:ACCOUNT:code-signing-config:csc-ID."
  }
}

variable "log_retention_days" {
  description = "Days the log, which holds every report, is kept: a number CloudWatch Logs offers; 0 keeps it for ever."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}: must be a number CloudWatch Logs offers: 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

# What is noticed of failures.

variable "failure_queue" {
  description = "Whether failed runs, and runs that could not be started, are kept for 14 days in an SQS queue named NAME-failed."
  type        = bool
  default     = true
  nullable    = false
}

variable "failure_destination" {
  description = "ARN of an SQS queue or SNS topic of your own that is told of failed runs, in place of the queue."
  type        = string
  default     = null

  validation {
    condition     = var.failure_destination == null ? true : can(regex("^arn:aws[a-z-]*:(sqs|sns):[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.failure_destination))
    error_message = "failure_destination is `${coalesce(var.failure_destination, " ")}`: must be the ARN of an SQS queue or an SNS topic that is not FIFO."
  }

  validation {
    condition     = var.failure_destination == null || var.failure_queue == false
    error_message = "failure_destination takes the place of the queue: set failure_queue to false."
  }
}

variable "failure_destination_kms_key" {
  description = "ARN of the customer-managed KMS key that encrypts failure_destination, if one does."
  type        = string
  default     = null

  validation {
    condition     = var.failure_destination_kms_key == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.failure_destination_kms_key))
    error_message = "failure_destination_kms_key is `${coalesce(var.failure_destination_kms_key, " ")}`: must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }

  validation {
    condition     = var.failure_destination_kms_key == null || var.failure_destination != null
    error_message = "failure_destination_kms_key needs failure_destination."
  }
}

variable "alarms" {
  description = "Whether CloudWatch alarms watch the function: on failed runs, on runs that were throttled, on a failure queue that is not empty, and on missing runs."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm_topics" {
  description = "ARNs of SNS topics that are told when an alarm begins and ends. Without any, alarms are only seen in the console."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for topic in var.alarm_topics : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9._-]+$", topic))])
    error_message = "alarm_topics are `${join(",", var.alarm_topics)}`: must be ARNs of topics, arn:aws:sns:REGION:ACCOUNT:NAME."
  }

  validation {
    condition     = length(var.alarm_topics) <= 5
    error_message = "alarm_topics has ${length(var.alarm_topics)} topics: an alarm takes at most 5."
  }
}

variable "tags" {
  description = "Tags of everything that can be tagged. A schedule cannot."
  type        = map(string)
  default     = {}
  nullable    = false
}
