# APIs that the resources need. They stay on when Terraform is taken away: others may use them.

resource "google_project_service" "api" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "bigquerydatatransfer.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "compute.googleapis.com",
    "dns.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "iap.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "oslogin.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
    "sts.googleapis.com",
  ])

  service            = each.value
  disable_on_destroy = false
}

# Google's own accounts, which a project has only once somebody asks for them: no grant can name one before.
resource "google_project_service_identity" "agent" {
  for_each = toset(["artifactregistry", "bigquerydatatransfer", "pubsub", "run", "secretmanager"])
  provider = google-beta

  service = "${each.value}.googleapis.com"

  depends_on = [google_project_service.api]
}

data "google_storage_project_service_account" "agent" {
  depends_on = [google_project_service.api]
}

data "google_bigquery_default_service_account" "agent" {
  depends_on = [google_project_service.api]
}

data "google_logging_project_cmek_settings" "agent" {
  project    = var.project_id
  depends_on = [google_project_service.api]
}

# A new account, and a new right, takes up to minutes until all of Google's servers know it. Whoever names an agent takes it
# from here, and so waits.
resource "time_sleep" "agents" {
  create_duration = "60s"
  triggers        = module.contract.agents

  depends_on = [
    google_project_service_identity.agent, data.google_storage_project_service_account.agent,
    data.google_bigquery_default_service_account.agent, data.google_logging_project_cmek_settings.agent,
  ]
}

# BigQuery subscriptions are refused until Pub/Sub's account may write the tables.
resource "time_sleep" "grants" {
  create_duration = "120s"
  triggers        = { grants = sha256(jsonencode(local.grants.table)) }

  depends_on = [google_bigquery_table_iam_member.grant, google_pubsub_topic_iam_member.grant]
}
