# Lambda tells a package by its SHA-256 in base64, everybody else writes it in hexadecimal digits. Terraform has no function
# from one to the other, so the digits are read in groups of three, 12 bits, that make two characters each. 64 digits and
# two more make 22 groups; the character that the two more made is replaced by the padding.

locals {
  characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  groups     = [for at in range(22) : parseint(substr("${var.sha256}00", at * 3, 3), 16)]
  written = join("", [
    for group in local.groups :
    "${substr(local.characters, floor(group / 64), 1)}${substr(local.characters, group % 64, 1)}"
  ])
}
