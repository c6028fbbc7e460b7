# The five buckets and who may do what in each.
# Nothing may keep an object beyond its retention period: no versions, no soft delete. Certificates are the opposite: they
# have a retention instead of a lifecycle. Where each lies is the profile's (main.tf of the contract). The configuration has neither, as it holds no image; the keeper drops its salts.

resource "google_storage_bucket" "images" {
  # checkov:skip=CKV_GCP_62: Access logs are objects that name every image; data access logs take their place (logs.tf).
  # checkov:skip=CKV_GCP_78: A noncurrent version would outlive its retention period.
  for_each = toset(["raw", "processed", "erasures"])

  name                        = module.contract.buckets[each.value]
  location                    = module.contract.locations[each.value].location
  rpo                         = module.contract.locations[each.value].rpo
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  soft_delete_policy {
    retention_duration_seconds = var.retention.soft_delete_seconds
  }

  versioning {
    enabled = false
  }

  dynamic "encryption" {
    for_each = module.contract.has_own_keys ? [local.keys.objects] : []
    content {
      default_kms_key_name = encryption.value
    }
  }

  dynamic "lifecycle_rule" {
    for_each = module.contract.lifecycle_rules
    content {
      action {
        type = lifecycle_rule.value.action
      }
      condition {
        age                    = lifecycle_rule.value.age
        days_since_custom_time = lifecycle_rule.value.days_since_custom_time
      }
    }
  }

  dynamic "cors" {
    for_each = length(var.cors_origins) > 0 && each.value != "erasures" ? [var.cors_origins] : []
    content {
      origin          = cors.value
      method          = each.value == "raw" ? ["DELETE", "POST", "PUT"] : ["GET", "HEAD"]
      response_header = ["Content-Range", "Content-Type", "ETag", "Location", "Range", "x-goog-content-length-range", "x-goog-custom-time", "x-goog-generation", "x-goog-hash", "x-goog-if-generation-match", "x-goog-resumable", "x-goog-stored-content-length"]
      max_age_seconds = 3600
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.objects]
}

resource "google_storage_bucket" "certificates" {
  # checkov:skip=CKV_GCP_62: Data access logs take the place of access logs (logs.tf).
  # checkov:skip=CKV_GCP_78: Certificates are create-only under a retention, so there is no second version of one.
  name                        = module.contract.buckets.certificates
  location                    = module.contract.locations.certificates.location
  rpo                         = module.contract.locations.certificates.rpo
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  retention_policy {
    retention_period = var.retention.purges_retention_days * 86400
    is_locked        = var.certificates_locked
  }

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  versioning {
    enabled = false
  }

  dynamic "encryption" {
    for_each = module.contract.has_own_keys ? [local.keys.objects] : []
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.objects]
}

# The days' salts and the tenants' objects: without a salt no image can be named, so it lies in two regions at least.
resource "google_storage_bucket" "config" {
  # checkov:skip=CKV_GCP_62: Data access logs take the place of access logs (logs.tf).
  # checkov:skip=CKV_GCP_78: A noncurrent version of days.json would keep the salts that were dropped.
  name                        = module.contract.buckets.config
  location                    = module.contract.config_bucket.location
  rpo                         = coalesce(module.contract.locations.processed.rpo, "DEFAULT")
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  versioning {
    enabled = false
  }

  dynamic "encryption" {
    for_each = module.contract.has_own_keys ? [local.keys.config] : []
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.objects]
}

# The plan that holds for every tenant, so that the edge finds one from its first request on. `deno task tenants push` changes it.
resource "google_storage_bucket_object" "default_tenant" {
  name         = "tenants/_default.json"
  bucket       = google_storage_bucket.config.name
  content      = "{}"
  content_type = "application/json"

  lifecycle {
    ignore_changes = all
  }
}

locals {
  bucket_of = {
    raw          = google_storage_bucket.images["raw"].name
    processed    = google_storage_bucket.images["processed"].name
    erasures     = google_storage_bucket.images["erasures"].name
    config       = google_storage_bucket.config.name
    certificates = google_storage_bucket.certificates.name
  }
}

resource "google_storage_bucket_iam_member" "grant" {
  for_each = local.grants.bucket

  bucket = local.bucket_of[each.value.bucket]
  role   = local.role_of[each.value.verb]
  member = each.value.member

  dynamic "condition" {
    for_each = each.value.condition == null ? [] : [each.value.condition]
    content {
      title      = condition.value.title
      expression = condition.value.expression
    }
  }

  depends_on = [google_service_account.identity, google_project_iam_custom_role.verb]
}
