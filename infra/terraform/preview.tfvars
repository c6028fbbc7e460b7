# The environment in which changes are tried. Replace what says example.
project_id           = "example-tintype-preview"
project_number       = "100000000001"
environment          = "preview"
prefix               = "tintype-preview"
alert_emails         = ["oncall@example.com"]
analysts             = ["group:analysts@example.com"]
edge_url             = "https://tintype-edge-preview.example.workers.dev"
github_repository_id = "100000003"
processor            = { max_instances = 3 }
