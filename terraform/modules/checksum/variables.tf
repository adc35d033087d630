variable "sha256" {
  description = "A SHA-256 in hexadecimal digits."
  type        = string
  nullable    = false
}
