plugin "terraform" {
  enabled = true
  preset  = "all"
}

# Every variable is validated here; some are used by the root alone.
rule "terraform_unused_declarations" {
  enabled = false
}
