# The environment that customers use. Replace what says example.
project_id           = "example-tintype"
project_number       = "100000000002"
environment          = "production"
alert_emails         = ["oncall@example.com"]
analysts             = ["group:analysts@example.com"]
tenant_analysts      = ["group:analysts@partner.example"]
auditors             = ["group:privacy@example.com"]
operators            = ["group:oncall@example.com"]
recoverers           = ["user:one@example.com", "user:two@example.com"]
pager_channels       = ["projects/example-tintype/notificationChannels/1234567890"]
edge_url             = "https://images.example.com"
cors_origins         = ["https://app.example.com"]
github_repository_id = "100000003"
bridge               = { brokers = ["pkc-example.europe-west4.gcp.confluent.cloud:9092"] }
budget               = { billing_account = "000000-000000-000000" }
