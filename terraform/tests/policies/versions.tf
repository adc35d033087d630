# Nothing is made here: policies.tftest.hcl plans the modules themselves.
terraform {
  required_version = ">= 1.9"
}
