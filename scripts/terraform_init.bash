# shellcheck shell=bash
# Readies Terraform's folders, for scripts/terraform and scripts/terraform-policies, which read this in.

# Whether the provider can be had, asked once, of a folder that needs nothing else: what fails later is the fault of a
# module. Takes a folder to work in, with room for the provider, and ends with 75 if there is no way to it.
terraform_provider() {
    # Every folder downloads the same provider.
    if [[ -z ${TF_PLUGIN_CACHE_DIR:-} ]]; then
        mkdir "$1/plugins"
        export TF_PLUGIN_CACHE_DIR=$1/plugins
    fi
    mkdir "$1/provider"
    # Any version: whether there is one that the modules allow is their business.
    cat >"$1/provider/main.tf" <<'TERRAFORM'
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
TERRAFORM
    if ! terraform -chdir="$1/provider" init -backend=false -input=false >"$1/provider/log" 2>&1; then
        cat "$1/provider/log" >&2
        exit 75
    fi
}

# Readies a folder. What Terraform says is printed if that fails.
terraform_init() {
    local said
    if ! said=$(terraform -chdir="$1" init -backend=false -input=false 2>&1); then
        echo "$said" >&2
        exit 1
    fi
}
