output "service_urls" {
  description = "Addresses of the services: the processor and the webhook dispatcher are reached from inside the project only, the keeper by who may call it."
  value       = { processor = google_cloud_run_v2_service.processor.uri, keeper = google_cloud_run_v2_service.keeper.uri, webhooks = google_cloud_run_v2_service.webhooks.uri }
}

output "registry" {
  description = "Where deploy pushes images."
  value       = module.contract.registry
}

output "edge" {
  description = "What the worker's configuration needs: wrangler.toml's variables and the accounts that its keys belong to."
  value = {
    RAW_BUCKET       = module.contract.buckets.raw
    PROCESSED_BUCKET = module.contract.buckets.processed
    ERASURES_BUCKET  = module.contract.buckets.erasures
    CONFIG_BUCKET    = module.contract.buckets.config
    account          = module.contract.accounts.edge.email
    originals        = module.contract.accounts.originals.email
  }
}

output "analysts_dataset" {
  description = "Dataset whose views Looker Studio opens."
  value       = "${var.project_id}.${google_bigquery_dataset.tintype.dataset_id}"
}

output "secrets" {
  description = "Secrets that need a value: printf %s VALUE | gcloud secrets versions add NAME --data-file=-"
  value       = [for secret in google_secret_manager_secret.secret : secret.secret_id]
}

output "kafka_topics" {
  description = "Topics that the bridge expects, with their settings."
  value       = module.contract.has_bridge ? module.contract.kafka_topics : {}
}

output "workload_identity_provider" {
  description = "What the workflows authenticate against; empty where nothing deploys from GitHub."
  value       = join("", google_iam_workload_identity_pool_provider.github[*].name)
}
