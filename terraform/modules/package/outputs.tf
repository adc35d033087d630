output "path" {
  description = "Where the file is once it was downloaded."
  value       = local.path

  depends_on = [terraform_data.download]
}

output "source_code_hash" {
  description = "The checksum in base64, as Lambda writes it."
  value       = module.checksum.base64
}

output "url" {
  description = "Where it is downloaded from."
  value       = var.url
}
