# The provider-free module: what it says holds here and on one machine (local/storage reads its rights.json).

module "contract" {
  source = "./modules/contract"

  project_id           = var.project_id
  project_number       = var.project_number
  environment          = var.environment
  prefix               = var.prefix
  region               = var.region
  profile              = var.profile
  bucket_location      = var.bucket_location
  turbo_replication    = var.turbo_replication
  certificates_locked  = var.certificates_locked
  retention            = var.retention
  cors_origins         = var.cors_origins
  processor_digest     = var.processor_digest
  bridge_digest        = var.bridge_digest
  processor            = var.processor
  keeper               = var.keeper
  metrics_sidecar      = var.metrics_sidecar
  webhooks             = var.webhooks
  bridge               = var.bridge
  self_managed_kafka   = var.self_managed_kafka
  analysts             = var.analysts
  tenant_analysts      = var.tenant_analysts
  auditors             = var.auditors
  operators            = var.operators
  alert_emails         = var.alert_emails
  pager_channels       = var.pager_channels
  recoverers           = var.recoverers
  edge_url             = var.edge_url
  budget               = var.budget
  github_repository_id = var.github_repository_id
}

locals {
  grants   = module.contract.grants
  accounts = module.contract.accounts
  agents   = time_sleep.agents.triggers
}
