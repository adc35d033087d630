variable "event_bus" {
  description = "ARN of the event bus that events are forwarded to: the output `event_bus_arn` of the watch. It may be in another region and in another account. Needed as soon as there are regions."
  type        = string
  default     = null

  validation {
    condition     = var.event_bus == null ? true : can(regex("^arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]+$", var.event_bus))
    error_message = "event_bus is `${coalesce(var.event_bus, " ")}`: must be the ARN of an event bus, arn:aws:events:REGION:ACCOUNT:event-bus/NAME."
  }

  validation {
    condition     = var.event_bus != null || length(var.regions) == 0
    error_message = "event_bus must be set: events of ${join(", ", var.regions)} have to go somewhere."
  }

  validation {
    # EventBridge takes no bus of these partitions as a target in another region.
    condition = var.event_bus == null ? true : startswith(var.event_bus, "arn:aws:") || alltrue([
      for region in var.regions : strcontains(coalesce(var.event_bus, " "), ":events:${region}:")
    ])
    error_message = "event_bus is in a partition in which EventBridge forwards nothing between regions: have a watch in each region, or use log files."
  }
}

variable "regions" {
  description = "Regions whose events are forwarded. A rule is made in each."
  type        = set(string)
  nullable    = false

  validation {
    condition     = alltrue([for region in var.regions : can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]+$", region))])
    error_message = "regions are `${join(",", var.regions)}`: must be names of regions, such as eu-central-1."
  }
}

variable "source_of_events" {
  description = "What is forwarded, as the watch has it: api_calls or tag_changes."
  type        = string
  default     = "api_calls"
  nullable    = false

  validation {
    condition     = contains(["api_calls", "tag_changes"], var.source_of_events)
    error_message = "source_of_events is `${var.source_of_events}`: must be api_calls or tag_changes."
  }
}

variable "name" {
  description = "Name of the rules, and with `-forward` after it of their role."
  type        = string
  default     = "sleuth-watch"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,54}$", var.name))
    error_message = "name is `${var.name}`: must be 1 to 54 letters, digits, hyphens and underscores."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds what the role may do at most."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary))
    error_message = "permissions_boundary is `${coalesce(var.permissions_boundary, " ")}`: must be a policy's ARN, arn:aws:iam::ACCOUNT:policy/NAME."
  }
}

variable "role_path" {
  description = "Path of the role, such as /audit/."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@-]+/)*$", var.role_path))
    error_message = "role_path is `${var.role_path}`: must begin and end with a slash, such as /audit/."
  }
}

variable "tags" {
  description = "Tags of the rules and the role."
  type        = map(string)
  default     = {}
  nullable    = false
}
