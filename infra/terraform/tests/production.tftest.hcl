# The production environment planned and applied with a mocked provider: needs the provider's schema, no network.
# The variables are those of production.tfvars.

mock_provider "google" {}

variables {
  processor_digest  = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
  bridge_digest     = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
  project_id        = "example-tintype"
  project_number    = "100000000002"
  environment       = "production"
  alert_emails      = ["oncall@example.com"]
  analysts          = ["group:analysts@example.com"]
  auditors          = ["group:privacy@example.com"]
  cors_origins      = ["https://app.example.com"]
  github_repository = "example/tintype"
  tenant_plans      = "{\"kafkaTopics\":{\"images\":{\"tenant\":\"stream\"}}}"
  bridge            = { brokers = ["pkc-example.europe-west4.gcp.confluent.cloud:9092"] }
  budget            = { billing_account = "000000-000000-000000" }
}

run "plan" {
  command = plan

  assert {
    condition     = alltrue([for bucket in google_storage_bucket.images : bucket.soft_delete_policy[0].retention_duration_seconds == 0 && !bucket.versioning[0].enabled && bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access])
    error_message = "Buckets of images keep nothing beyond its time and are open to nobody."
  }
  assert {
    condition     = length(google_storage_bucket.certificates.lifecycle_rule) == 0 && google_storage_bucket.certificates.retention_policy[0].retention_period == "34560000"
    error_message = "Certificates have a retention of 400 days instead of a lifecycle."
  }
  assert {
    condition     = google_pubsub_subscription.events.dead_letter_policy[0].max_delivery_attempts >= 15 && google_pubsub_subscription.events.ack_deadline_seconds == 600 && google_pubsub_subscription.events.retry_policy[0].minimum_backoff == "10s" && google_pubsub_subscription.events.retry_policy[0].maximum_backoff == "600s"
    error_message = "A push has 15 attempts, 10 to 600 s apart, of 600 s each."
  }
  assert {
    condition     = google_bigquery_dataset.tintype.max_time_travel_hours == "48"
    error_message = "Time travel is 48 hours."
  }
  assert {
    condition     = strcontains(google_logging_metric.metric["certificates"].filter, "jsonPayload.complete=true")
    error_message = "A sweep that was cut does not silence the alert: it cannot tell what it has not seen."
  }
  assert {
    condition     = google_cloud_run_v2_service.processor.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY" && google_cloud_run_v2_service.processor.template[0].scaling[0].max_instance_count > 0
    error_message = "The processor is reached from inside only and has a bound."
  }
}

run "apply" {
  command = apply

  assert {
    condition     = length(google_storage_bucket_iam_member.grant) > 0 && google_storage_notification.finalized.bucket == module.contract.buckets.raw
    error_message = "Rights and the notification are there."
  }
}

run "a_cluster_with_mutual_tls" {
  command = plan
  variables {
    bridge = { brokers = ["kafka.example.com:9093"], sasl_mechanism = "none", private_ca = true, client_certificate = true }
  }

  assert {
    condition     = toset([for secret in google_secret_manager_secret.secret : secret.secret_id]) == toset(["tintype-pseudonym-keys", "tintype-kafka-ca", "tintype-kafka-cert", "tintype-kafka-key"])
    error_message = "Authority, certificate and key have their places."
  }
  assert {
    condition = alltrue([
      for variable in ["KAFKA_TLS_CA", "KAFKA_TLS_CERT", "KAFKA_TLS_KEY"] :
      strcontains(google_compute_region_instance_template.bridge[0].metadata["user-data"], "--env ${variable} \\")
    ]) && strcontains(google_compute_region_instance_template.bridge[0].metadata["user-data"], "KAFKA_TLS_KEY=\"$(secret tintype-kafka-key)\"")
    error_message = "A member reads them from Secret Manager and hands them to its container."
  }
  assert {
    condition     = !strcontains(google_compute_region_instance_template.bridge[0].metadata["user-data"], "SASL")
    error_message = "Without SASL there is no user."
  }
}
