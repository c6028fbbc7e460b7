# `deno task infra:check` runs this where tflint is installed; without GitHub it leaves the google rules out and says so.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

plugin "google" {
  enabled = true
  version = "0.36.0"
  source  = "github.com/terraform-linters/tflint-ruleset-google"
}
