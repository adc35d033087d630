output "base64" {
  description = "The same in base64."
  value       = "${substr(local.written, 0, 43)}="
}
