# The provider-free module: what it says holds here and on one machine (local/storage reads its rights.json).

module "contract" {
  source = "./modules/contract"

  project_id          = var.project_id
  project_number      = var.project_number
  environment         = var.environment
  prefix              = var.prefix
  region              = var.region
  bucket_location     = var.bucket_location
  turbo_replication   = var.turbo_replication
  certificates_locked = var.certificates_locked
  retention           = var.retention
  cors_origins        = var.cors_origins
  tenant_plans        = var.tenant_plans
  processor_digest    = var.processor_digest
  bridge_digest       = var.bridge_digest
  processor           = var.processor
  bridge              = var.bridge
  self_managed_kafka  = var.self_managed_kafka
  analysts            = var.analysts
  auditors            = var.auditors
  alert_emails        = var.alert_emails
  budget              = var.budget
  github_repository   = var.github_repository
}

locals {
  grants   = module.contract.grants
  accounts = module.contract.accounts
  # Google's own accounts in this project, which use the keys and deliver the messages.
  agents = {
    storage    = "serviceAccount:service-${var.project_number}@gs-project-accounts.iam.gserviceaccount.com"
    pubsub     = "serviceAccount:service-${var.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    bigquery   = "serviceAccount:bq-${var.project_number}@bigquery-encryption.iam.gserviceaccount.com"
    run        = "serviceAccount:service-${var.project_number}@serverless-robot-prod.iam.gserviceaccount.com"
    registry   = "serviceAccount:service-${var.project_number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    compute    = "serviceAccount:service-${var.project_number}@compute-system.iam.gserviceaccount.com"
    secrets    = "serviceAccount:service-${var.project_number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
    logging    = "serviceAccount:cmek-p${var.project_number}@gcp-sa-logging.iam.gserviceaccount.com"
    monitoring = "serviceAccount:service-${var.project_number}@gcp-sa-monitoring-notification.iam.gserviceaccount.com"
  }
}
