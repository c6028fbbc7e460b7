# From a finished object to the processor: notification, topic, push; what is beyond a tenant's share, by a slow lane. From a record to its row: topic, BigQuery subscription.
# And what becomes of a message that cannot be delivered.

resource "google_pubsub_topic" "topic" {
  for_each = module.contract.topics

  name                       = each.value
  kms_key_name               = local.keys.regional
  message_retention_duration = contains(["dead", "images_dead", "slow_dead", "webhooks_dead"], each.key) ? var.retention.dead_letters_retention : startswith(each.key, "webhooks") ? var.retention.webhooks_retention : var.retention.events_retention

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
  for_each = toset(["raw", "erasures"])

  bucket         = google_storage_bucket.images[each.value].name
  topic          = google_pubsub_topic.topic["events"].id
  payload_format = "JSON_API_V1"
  event_types    = ["OBJECT_FINALIZE"]

  depends_on = [google_pubsub_topic_iam_member.storage_publishes]
}

locals {
  # 100 attempts from 10 s to 10 minutes apart are some 15 hours; each nack spends one, also a 429.
  max_delivery_attempts = 100
  processor_url         = module.contract.services.processor.url
  webhooks_url          = module.contract.services.webhooks.url
  pushes = merge({
    events          = { topic = "events", url = "${local.processor_url}/events/storage", retention = var.retention.events_retention, filter = null, dead = ["dead"] }
    dead            = { topic = "dead", url = "${local.processor_url}/events/dead", retention = var.retention.dead_letters_retention, filter = null, dead = [] }
    images_webhooks = { topic = "images", url = "${local.webhooks_url}/events/images", retention = var.retention.events_retention, filter = null, dead = ["images_dead"] }
    webhooks        = { topic = "webhooks", url = "${local.webhooks_url}/events/webhooks", retention = var.retention.webhooks_retention, filter = null, dead = ["webhooks_dead"] }
    slow_dead       = { topic = "slow_dead", url = "${local.processor_url}/events/dead", retention = var.retention.dead_letters_retention, filter = null, dead = [] }
    }, {
    for lane in module.contract.slow_lanes : lane => { topic = lane, url = "${local.processor_url}/events/slow", retention = var.retention.events_retention, filter = null, dead = ["slow_dead"] }
    }, {
    # The dispatcher itself ends what no endpoint took for a day.
    for lane in module.contract.webhook_lanes : lane => { topic = lane, url = "${local.webhooks_url}/events/slow", retention = var.retention.webhooks_retention, filter = null, dead = [] }
    }, var.edge_url == "" ? {} : {
    images_edge = { topic = "images", url = "${var.edge_url}/events/records", retention = var.retention.events_retention, filter = "attributes.source = \"edge\" AND (attributes.type = \"image.rejected\" OR attributes.tenant = \"synthetic\")", dead = ["images_dead"] }
  })
  rows = { images = "images", certificates = "purges" }
}

# Subscriptions never expire, and each attempt of a push may take as long as the ack deadline.
resource "google_pubsub_subscription" "push" {
  for_each = local.pushes

  name                       = module.contract.subscriptions[each.key]
  topic                      = google_pubsub_topic.topic[each.value.topic].id
  filter                     = each.value.filter
  ack_deadline_seconds       = 600
  message_retention_duration = each.value.retention
  retain_acked_messages      = false

  expiration_policy {
    ttl = ""
  }

  push_config {
    push_endpoint = each.value.url
    oidc_token {
      service_account_email = local.accounts.push.email
      audience              = each.value.url
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dynamic "dead_letter_policy" {
    for_each = each.value.dead
    content {
      dead_letter_topic     = google_pubsub_topic.topic[dead_letter_policy.value].id
      max_delivery_attempts = local.max_delivery_attempts
    }
  }

  depends_on = [google_service_account.identity, google_pubsub_topic_iam_member.grant, google_service_account_iam_member.push_token]
}

# Records become rows without code of ours. A key without a column is no row: it waits, becomes a dead letter, and alerts.
resource "google_pubsub_subscription" "rows" {
  for_each = local.rows

  name                       = module.contract.subscriptions[each.key]
  topic                      = google_pubsub_topic.topic[each.key].id
  ack_deadline_seconds       = 600
  message_retention_duration = var.retention.events_retention
  retain_acked_messages      = false

  expiration_policy {
    ttl = ""
  }

  bigquery_config {
    table               = "${var.project_id}.${module.contract.dataset}.${google_bigquery_table.table[each.value].table_id}"
    use_table_schema    = true
    write_metadata      = false
    drop_unknown_fields = false
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.topic["images_dead"].id
    max_delivery_attempts = local.max_delivery_attempts
  }

  depends_on = [time_sleep.grants]
}

# Nobody pulls them by itself: operators look, fix the table or the endpoint and publish again (docs/operations.md).
resource "google_pubsub_subscription" "unread" {
  for_each = toset(["images_dead", "webhooks_dead"])

  name                       = module.contract.subscriptions[each.value]
  topic                      = google_pubsub_topic.topic[each.value].id
  ack_deadline_seconds       = 600
  message_retention_duration = var.retention.dead_letters_retention
  retain_acked_messages      = false

  expiration_policy {
    ttl = ""
  }

  depends_on = [google_service_account.identity]
}

# The bridge pulls what became of Kafka's records, and says itself when what it could not write may come again.
resource "google_pubsub_subscription" "results" {
  count = module.contract.has_bridge ? 1 : 0

  name                       = module.contract.subscriptions.images_results
  topic                      = google_pubsub_topic.topic["images"].id
  filter                     = "attributes.source = \"kafka\""
  ack_deadline_seconds       = 60
  message_retention_duration = var.retention.events_retention
  retain_acked_messages      = false

  expiration_policy {
    ttl = ""
  }

  depends_on = [google_service_account.identity]
}

# What the table of rights grants the project's own identities; the place of tintype-events is topic-events.
resource "google_pubsub_topic_iam_member" "grant" {
  for_each = local.grants.topic

  topic  = "${var.prefix}-${trimprefix(each.value.place, "topic-")}"
  role   = local.role_of[each.value.verb]
  member = each.value.member

  depends_on = [time_sleep.agents, google_service_account.identity, google_project_iam_custom_role.verb, google_pubsub_topic.topic]
}

resource "google_pubsub_subscription_iam_member" "grant" {
  for_each = local.grants.subscription

  subscription = "${var.prefix}-${trimprefix(each.value.place, "subscription-")}"
  role         = local.role_of[each.value.verb]
  member       = each.value.member

  depends_on = [time_sleep.agents, google_service_account.identity, google_project_iam_custom_role.verb, google_pubsub_subscription.push, google_pubsub_subscription.rows, google_pubsub_subscription.results, google_pubsub_subscription.unread]
}

# Pub/Sub signs pushes as the push identity; it may make identity tokens of it, no access tokens.
resource "google_service_account_iam_member" "push_token" {
  service_account_id = local.accounts.push.name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.agents.pubsub

  depends_on = [google_service_account.identity]
}
