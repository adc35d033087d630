locals {
  # A place for each content.
  path = "${path.root}/.terraform/sleuth/${var.sha256}/${basename(var.url)}"
}

module "checksum" {
  source = "../checksum"

  sha256 = var.sha256
}

resource "terraform_data" "download" {
  triggers_replace = [var.url, var.sha256, var.needed_by]

  provisioner "local-exec" {
    command = "bash '${path.module}/download'"

    # Not in the command, so that nothing in them is taken for one.
    environment = {
      SLEUTH_URL    = var.url
      SLEUTH_SHA256 = var.sha256
      SLEUTH_PATH   = local.path
    }
  }
}
