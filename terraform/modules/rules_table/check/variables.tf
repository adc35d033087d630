variable "rules" {
  description = "Tag rules, each a map of its attributes."
  type        = list(map(string))
  nullable    = false
}
