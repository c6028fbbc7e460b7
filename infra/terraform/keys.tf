# The profile resilient: one key where the buckets are, one where everything else is, one for the secrets' second region, and
# one for a configuration bucket that lies elsewhere: a key serves only its own location. In the profile economical Google's own keys encrypt everything.
# Losing a key is losing the data, so neither can be destroyed by Terraform.

resource "google_kms_key_ring" "ring" {
  for_each = toset(module.contract.has_own_keys ? distinct([module.contract.kms_location, module.contract.config_bucket.kms_location, var.region, module.contract.second_region]) : [])

  name     = var.prefix
  location = each.value

  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key" "objects" {
  # checkov:skip=CKV_GCP_82: deletion_policy refuses it, and unlike prevent_destroy lets a mocked apply be taken down.
  count = module.contract.has_own_keys ? 1 : 0

  name                       = "objects"
  key_ring                   = google_kms_key_ring.ring[module.contract.kms_location].id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = "7776000s"
  destroy_scheduled_duration = "2592000s"
  deletion_policy            = "PREVENT"
}

resource "google_kms_crypto_key" "regional" {
  # checkov:skip=CKV_GCP_82: deletion_policy refuses it, and unlike prevent_destroy lets a mocked apply be taken down.
  count = module.contract.has_own_keys ? 1 : 0

  name                       = "regional"
  key_ring                   = google_kms_key_ring.ring[var.region].id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = "7776000s"
  destroy_scheduled_duration = "2592000s"
  deletion_policy            = "PREVENT"
}

resource "google_kms_crypto_key" "second" {
  # checkov:skip=CKV_GCP_82: deletion_policy refuses it, and unlike prevent_destroy lets a mocked apply be taken down.
  count = module.contract.has_own_keys ? 1 : 0

  name                       = "second"
  key_ring                   = google_kms_key_ring.ring[module.contract.second_region].id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = "7776000s"
  destroy_scheduled_duration = "2592000s"
  deletion_policy            = "PREVENT"
}

resource "google_kms_crypto_key" "config" {
  # checkov:skip=CKV_GCP_82: deletion_policy refuses it, and unlike prevent_destroy lets a mocked apply be taken down.
  count = !module.contract.has_own_keys || module.contract.config_bucket.kms_location == module.contract.kms_location ? 0 : 1

  name                       = "config"
  key_ring                   = google_kms_key_ring.ring[module.contract.config_bucket.kms_location].id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = "7776000s"
  destroy_scheduled_duration = "2592000s"
  deletion_policy            = "PREVENT"
}

locals {
  # The key of each place; null where Google's own keys serve.
  keys = {
    objects  = one(google_kms_crypto_key.objects[*].id)
    regional = one(google_kms_crypto_key.regional[*].id)
    second   = one(google_kms_crypto_key.second[*].id)
    config   = one(length(google_kms_crypto_key.config) == 0 ? google_kms_crypto_key.objects[*].id : google_kms_crypto_key.config[*].id)
  }
  # For blocks that a resource has only with a key.
  regional_keys = module.contract.has_own_keys ? [local.keys.regional] : []
}

# Google's services encrypt and decrypt on behalf of who may use their resources; no identity of ours may use a key.
resource "google_kms_crypto_key_iam_member" "objects" {
  count = length(google_kms_crypto_key.objects)

  crypto_key_id = google_kms_crypto_key.objects[0].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.agents.storage

  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key_iam_member" "config" {
  count = length(google_kms_crypto_key.config)

  crypto_key_id = google_kms_crypto_key.config[count.index].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.agents.storage

  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key_iam_member" "regional" {
  for_each = toset(module.contract.has_own_keys ? ["pubsub", "bigquery", "run", "registry", "compute", "secrets", "logging"] : [])

  crypto_key_id = google_kms_crypto_key.regional[0].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.agents[each.value]

  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key_iam_member" "second" {
  count = length(google_kms_crypto_key.second)

  crypto_key_id = google_kms_crypto_key.second[0].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.agents.secrets

  depends_on = [google_project_service.api]
}
