variable "url" {
  description = "Address of the file: https, or http on this machine."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(https://[^/\\s?#@]+|http://127\\.0\\.0\\.1(:[0-9]+)?)/[^\\s?#]+$", var.url))
    error_message = "url is `${var.url}`: must be https://HOST/PATH or http://127.0.0.1:PORT/PATH."
  }
}

variable "sha256" {
  description = "SHA-256 of the file, in hexadecimal digits."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.sha256))
    error_message = "sha256 is `${var.sha256}`: must be 64 hexadecimal digits, a to f in lower case."
  }
}

variable "needed_by" {
  description = "What the file is for: something new of another name downloads it again, as it may be made on another machine."
  type        = string
  nullable    = false
}
