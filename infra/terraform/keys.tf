# The profile resilient: one key where the buckets are, one where everything else is, one for the secrets' second region, and
# one for a configuration bucket that lies elsewhere: a key serves only its own location. In the profile economical Google's own keys encrypt everything.
# Losing a key is losing the data, so neither can be destroyed by Terraform.

resource "google_kms_key_ring" "ring" {
  for_each = toset(module.contract.has_own_keys ? distinct([module.contract.kms_location, module.contract.config_bucket.kms_location, var.region, module.contract.second_region]) : [])

  name     = var.prefix
  location = each.value

  depends_on = [google_project_service.api]
}

locals {
  key_locations = module.contract.has_own_keys ? merge(
    { objects = module.contract.kms_location, regional = var.region, second = module.contract.second_region },
    module.contract.config_bucket.kms_location == module.contract.kms_location ? {} : { config = module.contract.config_bucket.kms_location },
  ) : {}
}

resource "google_kms_crypto_key" "key" {
  # checkov:skip=CKV_GCP_82: deletion_policy refuses it, and unlike prevent_destroy lets a mocked apply be taken down.
  for_each = local.key_locations

  name                       = each.key
  key_ring                   = google_kms_key_ring.ring[each.value].id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = "7776000s"
  destroy_scheduled_duration = "2592000s"
  deletion_policy            = "PREVENT"
}

locals {
  key_ids = { for name, key in google_kms_crypto_key.key : name => key.id }
  # The key of each place; null where Google's own keys serve. A configuration bucket that lies with the others has their key.
  keys = {
    objects  = lookup(local.key_ids, "objects", null)
    regional = lookup(local.key_ids, "regional", null)
    second   = lookup(local.key_ids, "second", null)
    config   = lookup(local.key_ids, "config", lookup(local.key_ids, "objects", null))
  }
  # For blocks that a resource has only with a key.
  regional_keys = module.contract.has_own_keys ? [local.keys.regional] : []
}

# Google's services encrypt and decrypt on behalf of who may use their resources; no identity of ours may use a key.
resource "google_kms_crypto_key_iam_member" "objects" {
  for_each = setintersection(["objects", "config"], keys(local.key_locations))

  crypto_key_id = google_kms_crypto_key.key[each.key].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.agents.storage

  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key_iam_member" "regional" {
  for_each = toset(module.contract.has_own_keys ? ["pubsub", "bigquery", "run", "registry", "compute", "secrets", "logging"] : [])

  crypto_key_id = google_kms_crypto_key.key["regional"].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.agents[each.value]

  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key_iam_member" "second" {
  count = module.contract.has_own_keys ? 1 : 0

  crypto_key_id = google_kms_crypto_key.key["second"].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.agents.secrets

  depends_on = [google_project_service.api]
}
