# Logs: one bucket of our own, kept as long as images. Nothing stays in the project's default bucket.
# The audit logs of administration (400 days) belong to Google and name no image.

resource "google_logging_project_bucket_config" "logs" {
  project        = var.project_id
  location       = var.region
  bucket_id      = "${var.prefix}-logs"
  description    = "Everything that this project logs, for ${var.retention.log_retention_days} days"
  retention_days = var.retention.log_retention_days

  dynamic "cmek_settings" {
    for_each = local.regional_keys
    content {
      kms_key_name = cmek_settings.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.regional]
}

resource "google_logging_project_sink" "logs" {
  name                   = "${var.prefix}-logs"
  description            = "All logs into the bucket of ${var.retention.log_retention_days} days"
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.logs.id}"
  unique_writer_identity = true

  exclusions {
    name        = "everyday-access"
    description = "What services do in their own buckets"
    filter      = module.contract.everyday_access
  }
}

# The default sink's own bucket would keep the same lines for 30 days.
resource "google_logging_project_exclusion" "default" {
  name        = "${var.prefix}-not-twice"
  description = "Logs go to the bucket of ${var.retention.log_retention_days} days only"
  filter      = "severity >= DEFAULT"
}

resource "google_logging_project_bucket_config" "default" {
  project        = var.project_id
  location       = "global"
  bucket_id      = "_Default"
  retention_days = var.retention.log_retention_days

  depends_on = [google_project_service.api]
}

# Who read or wrote what, at every place that holds images or facts of them. The sink leaves out what services do in their own
# buckets, which would be 48 entries an image.
resource "google_project_iam_audit_config" "data_access" {
  for_each = toset(["bigquery.googleapis.com", "cloudkms.googleapis.com", "iam.googleapis.com", "pubsub.googleapis.com", "secretmanager.googleapis.com", "storage.googleapis.com"])

  project = var.project_id
  service = each.value

  audit_log_config {
    log_type = "ADMIN_READ"
  }
  audit_log_config {
    log_type = "DATA_READ"
  }
  audit_log_config {
    log_type = "DATA_WRITE"
  }
}

resource "google_logging_metric" "metric" {
  for_each = module.contract.log_metrics

  name        = "${var.prefix}/${each.key}"
  description = each.value.why
  filter      = each.value.filter

  metric_descriptor {
    metric_kind  = "DELTA"
    value_type   = "INT64"
    unit         = "1"
    display_name = each.value.why
  }
}
