# How users are read, which both audits do.

variable "authorization_details" {
  description = "Whether users are read by iam:GetAccountAuthorizationDetails, 1,000 a call. If not, the function may not call it and reads them in other ways, which it is allowed instead."
  type        = bool
  default     = true
  nullable    = false
}
