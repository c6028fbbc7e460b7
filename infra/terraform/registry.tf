# Images of containers. Untagged ones go after a week; the last ten of each part stay, which is how far back a rollback goes.

resource "google_artifact_registry_repository" "images" {
  repository_id          = var.prefix
  location               = var.region
  format                 = "DOCKER"
  description            = "Images of the processor (the keeper's too) and the bridge"
  kms_key_name           = local.keys.regional
  cleanup_policy_dry_run = false

  docker_config {
    immutable_tags = true
  }

  cleanup_policies {
    id     = "keep-last-ten"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "604800s"
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.regional]
}

resource "google_artifact_registry_repository_iam_member" "grant" {
  for_each = local.grants.registry

  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = local.role_of[each.value.verb]
  member     = each.value.member

  depends_on = [google_service_account.identity, google_project_iam_custom_role.verb]
}
