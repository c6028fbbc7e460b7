# Places for secrets, in two regions. Their values are put there by hand or by deploy and never stand in Terraform's state.

resource "google_secret_manager_secret" "secret" {
  for_each = toset(module.contract.secrets)

  secret_id = "${var.prefix}-${each.value}"

  replication {
    user_managed {
      dynamic "replicas" {
        for_each = { (var.region) = local.keys.regional, (module.contract.second_region) = local.keys.second }
        content {
          location = replicas.key
          dynamic "customer_managed_encryption" {
            for_each = compact([replicas.value])
            content {
              kms_key_name = customer_managed_encryption.value
            }
          }
        }
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.regional, google_kms_crypto_key_iam_member.second]
}

resource "google_secret_manager_secret_iam_member" "grant" {
  for_each = local.grants.secret

  secret_id = google_secret_manager_secret.secret[each.value.place].secret_id
  role      = local.role_of[each.value.verb]
  member    = each.value.member

  depends_on = [google_service_account.identity, google_project_iam_custom_role.verb]
}
