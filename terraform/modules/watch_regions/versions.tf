terraform {
  # 1.9 is the first version whose validations may look at other variables.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 6.0 is the first version in which a resource says its region itself, so that one provider serves all of them.
      version = ">= 6.0, < 7"
    }
  }
}
