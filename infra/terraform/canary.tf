# What a deployment sends to a revision that has no traffic yet: synthetic images, pushed to the address of its traffic tag.
# Ingress is internal, so Pub/Sub is who reaches it. Without a tag nobody is there, and messages end after ten minutes.

resource "google_pubsub_subscription" "canary" {
  name                       = module.contract.subscriptions.canary
  topic                      = google_pubsub_topic.topic["canary"].id
  ack_deadline_seconds       = 600
  message_retention_duration = "600s"
  retain_acked_messages      = false

  expiration_policy {
    ttl = ""
  }

  push_config {
    push_endpoint = "${replace(local.processor_url, "https://", "https://canary---")}/events/canary"
    oidc_token {
      service_account_email = local.accounts.push.email
      audience              = "${local.processor_url}/events/canary"
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "60s"
  }

  depends_on = [google_service_account.identity, google_service_account_iam_member.push_token]
}
