# From a finished object to the processor: notification, topic, push; and what becomes of a message that never gets through.

resource "google_pubsub_topic" "topic" {
  for_each = module.contract.topics

  name                       = each.value
  kms_key_name               = google_kms_crypto_key.regional.id
  message_retention_duration = each.key == "events" ? var.retention.events_retention : var.retention.dead_letters_retention

  message_storage_policy {
    allowed_persistence_regions = [var.region]
    enforce_in_transit          = false
  }

  depends_on = [google_kms_crypto_key_iam_member.regional]
}

resource "google_pubsub_topic_iam_member" "storage_publishes" {
  topic  = google_pubsub_topic.topic["events"].id
  role   = "roles/pubsub.publisher"
  member = local.agents.storage
}

resource "google_storage_notification" "finalized" {
  bucket         = google_storage_bucket.images["raw"].name
  topic          = google_pubsub_topic.topic["events"].id
  payload_format = "JSON_API_V1"
  event_types    = ["OBJECT_FINALIZE"]

  depends_on = [google_pubsub_topic_iam_member.storage_publishes]
}

# Both subscriptions never expire, and each attempt may take as long as the ack deadline.
resource "google_pubsub_subscription" "events" {
  name                       = module.contract.topics.events
  topic                      = google_pubsub_topic.topic["events"].id
  ack_deadline_seconds       = 600
  message_retention_duration = var.retention.events_retention
  retain_acked_messages      = false

  expiration_policy {
    ttl = ""
  }

  push_config {
    push_endpoint = "${module.contract.service.url}/events/storage"
    oidc_token {
      service_account_email = local.accounts.push.email
      audience              = "${module.contract.service.url}/events/storage"
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.topic["dead"].id
    max_delivery_attempts = 15
  }

  depends_on = [google_service_account.identity, google_pubsub_topic_iam_member.dead_letters, google_service_account_iam_member.push_token]
}

resource "google_pubsub_subscription" "dead" {
  name                       = module.contract.topics.dead
  topic                      = google_pubsub_topic.topic["dead"].id
  ack_deadline_seconds       = 600
  message_retention_duration = var.retention.dead_letters_retention
  retain_acked_messages      = false

  expiration_policy {
    ttl = ""
  }

  push_config {
    push_endpoint = "${module.contract.service.url}/events/dead"
    oidc_token {
      service_account_email = local.accounts.push.email
      audience              = "${module.contract.service.url}/events/dead"
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  depends_on = [google_service_account.identity, google_service_account_iam_member.push_token]
}

# Pub/Sub itself moves a message to the dead letters: it publishes there and acknowledges here.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  topic  = google_pubsub_topic.topic["dead"].id
  role   = "roles/pubsub.publisher"
  member = local.agents.pubsub
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  subscription = google_pubsub_subscription.events.id
  role         = "roles/pubsub.subscriber"
  member       = local.agents.pubsub
}

# What the table of rights grants the project's own identities; the place of tintype-events is topic-events.
resource "google_pubsub_topic_iam_member" "grant" {
  for_each = local.grants.topic

  topic  = "${var.prefix}-${trimprefix(each.value.place, "topic-")}"
  role   = local.role_of[each.value.verb]
  member = each.value.member

  depends_on = [google_service_account.identity, google_project_iam_custom_role.verb, google_pubsub_topic.topic]
}

resource "google_pubsub_subscription_iam_member" "grant" {
  for_each = local.grants.subscription

  subscription = "${var.prefix}-${trimprefix(each.value.place, "subscription-")}"
  role         = local.role_of[each.value.verb]
  member       = each.value.member

  depends_on = [google_service_account.identity, google_project_iam_custom_role.verb, google_pubsub_subscription.events, google_pubsub_subscription.dead]
}

# Pub/Sub signs pushes as the push identity; it may make identity tokens of it, no access tokens.
resource "google_service_account_iam_member" "push_token" {
  service_account_id = local.accounts.push.name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.agents.pubsub

  depends_on = [google_service_account.identity]
}
