# The production environment planned and applied with a mocked provider: needs the provider's schema, no network.
# The variables are those of production.tfvars.

mock_provider "google" {}
mock_provider "google-beta" {}
mock_provider "time" {}

variables {
  processor_digest     = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
  bridge_digest        = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
  project_id           = "example-tintype"
  project_number       = "100000000002"
  environment          = "production"
  alert_emails         = ["oncall@example.com"]
  analysts             = ["group:analysts@example.com"]
  tenant_analysts      = ["group:analysts@partner.example"]
  auditors             = ["group:privacy@example.com"]
  operators            = ["group:oncall@example.com"]
  recoverers           = ["user:one@example.com", "user:two@example.com"]
  pager_channels       = ["projects/example-tintype/notificationChannels/1234567890"]
  edge_url             = "https://images.example.com"
  cors_origins         = ["https://app.example.com"]
  github_repository_id = "100000003"
  bridge               = { brokers = ["pkc-example.europe-west4.gcp.confluent.cloud:9092"] }
  budget               = { billing_account = "000000-000000-000000" }
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
    condition = alltrue([
      for key in concat(["events"], module.contract.slow_lanes) :
      google_pubsub_subscription.push[key].dead_letter_policy[0].max_delivery_attempts == 100 && google_pubsub_subscription.push[key].ack_deadline_seconds == 600 && google_pubsub_subscription.push[key].retry_policy[0].minimum_backoff == "10s" && google_pubsub_subscription.push[key].retry_policy[0].maximum_backoff == "600s" && google_pubsub_subscription.push[key].message_retention_duration == "259200s"
    ])
    error_message = "A push has 100 attempts within three days, 10 to 600 s apart, of 600 s each."
  }
  assert {
    condition = alltrue([
      for subscription in google_pubsub_subscription.rows :
      subscription.bigquery_config[0].use_table_schema && !subscription.bigquery_config[0].write_metadata && !subscription.bigquery_config[0].drop_unknown_fields && subscription.dead_letter_policy[0].max_delivery_attempts == 100
    ]) && google_pubsub_subscription.rows["images"].bigquery_config[0].table == "${var.project_id}.tintype.images" && google_pubsub_subscription.rows["certificates"].bigquery_config[0].table == "${var.project_id}.tintype.purges"
    error_message = "Records become rows by the tables' own columns, and what has no column is not dropped."
  }
  assert {
    condition     = google_storage_bucket.images["raw"].location == "EUROPE-WEST4" && google_storage_bucket.images["processed"].location == "EUR4" && length(google_storage_bucket.images["raw"].encryption) == 0 && length(google_kms_key_ring.ring) == 0
    error_message = "By default raw lies in one region, and Google's own keys serve."
  }
  assert {
    condition     = google_storage_bucket.config.location == "EUR4" && google_storage_bucket.config.soft_delete_policy[0].retention_duration_seconds == 0 && !google_storage_bucket.config.versioning[0].enabled && length(google_storage_bucket.config.lifecycle_rule) == 0
    error_message = "The configuration lies in two regions, has no age and keeps no salt that was dropped."
  }
  assert {
    condition     = toset([for grant in google_storage_bucket_iam_member.grant : grant.condition[0].expression if length(grant.condition) > 0 && strcontains(grant.member, "-keeper@")]) == toset(["resource.name == \"projects/_/buckets/${var.prefix}-config/objects/days.json\""])
    error_message = "Of the configuration the keeper writes days.json alone."
  }
  assert {
    condition     = toset(keys(google_storage_notification.finalized)) == toset(["raw", "erasures"])
    error_message = "Finished raw objects and erasure requests are events, nothing else."
  }
  assert {
    condition     = google_bigquery_dataset.tintype.max_time_travel_hours == "48"
    error_message = "Time travel is 48 hours."
  }
  assert {
    condition     = alltrue([for alert in google_monitoring_alert_policy.alert : length(alert.notification_channels) == (alert.severity == "CRITICAL" ? 2 : 1)]) && toset(keys(google_monitoring_uptime_check_config.edge)) == toset(["alive", "tokens"])
    error_message = "What cannot wait pages, and the edge is probed twice."
  }
  assert {
    condition     = alltrue([for secret in google_secret_manager_secret.secret : toset(secret.replication[0].user_managed[0].replicas[*].location) == toset(["europe-west4", "europe-north1"])])
    error_message = "Secrets lie in two regions."
  }
  assert {
    condition     = google_cloud_run_v2_service.processor.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY" && google_cloud_run_v2_service.processor.template[0].scaling[0].max_instance_count > 0
    error_message = "The processor is reached from inside only and has a bound."
  }
  assert {
    condition     = alltrue([for service in [google_cloud_run_v2_service.processor, google_cloud_run_v2_service.keeper] : service.template[0].vpc_access[0].egress == "ALL_TRAFFIC"]) && google_compute_network.services.delete_default_routes_on_create
    error_message = "All that processor and keeper send goes through a network without a route to the internet."
  }
  assert {
    condition     = google_compute_firewall.no_egress.deny[0].protocol == "all" && google_compute_firewall.no_egress.direction == "EGRESS" && google_compute_firewall.google_apis.priority < google_compute_firewall.no_egress.priority && toset(google_compute_firewall.google_apis.destination_ranges) == toset([google_compute_route.google_apis.dest_range])
    error_message = "It lets through what goes to Google's APIs and nothing else."
  }
  assert {
    condition     = toset(google_dns_record_set.google_apis["private.googleapis.com."].rrdatas) == toset(["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"])
    error_message = "Google's names lead to the private addresses."
  }
  assert {
    condition     = google_cloud_run_v2_service.keeper.template[0].containers[0].image == google_cloud_run_v2_service.processor.template[0].containers[0].image && one(slice(google_cloud_run_v2_service.keeper.template[0].containers[0].command, length(google_cloud_run_v2_service.keeper.template[0].containers[0].command) - 1, length(google_cloud_run_v2_service.keeper.template[0].containers[0].command))) == "processor/keeper.ts" && google_cloud_run_v2_service.keeper.template[0].scaling[0].max_instance_count == 3
    error_message = "The keeper is another program of the processor's image, and has a bound."
  }
  assert {
    condition     = google_cloud_run_v2_service.webhooks.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY" && length(google_cloud_run_v2_service.webhooks.template[0].vpc_access) == 0 && contains(google_cloud_run_v2_service.webhooks.template[0].containers[0].command, "processor/webhooks.ts") && one([for env in google_cloud_run_v2_service.webhooks.template[0].containers[0].env : env.value_source[0].secret_key_ref[0].secret if env.name == "WEBHOOK_MASTER"]) == "${var.prefix}-webhook-master"
    error_message = "The dispatcher is another program of the processor's image, reached from inside only, on the Internet without the project's network, and holds the master secret."
  }
  assert {
    condition     = alltrue([for job, settings in { sweep = "*/5 * * * *", erasures = "*/15 * * * *", repair = "*/10 * * * *", days = "5 0 * * *" } : google_cloud_scheduler_job.job[job].schedule == settings])
    error_message = "Sweeps every 5 minutes, erasures every 15, repair every 10, days after midnight."
  }
}

run "apply" {
  command = apply

  assert {
    condition     = length(google_storage_bucket_iam_member.grant) > 0 && google_storage_notification.finalized["raw"].bucket == module.contract.buckets.raw
    error_message = "Rights and the notification are there."
  }
}

run "a_cluster_with_mutual_tls" {
  command = plan
  variables {
    bridge = { brokers = ["kafka.example.com:9093"], sasl_mechanism = "none", private_ca = true, client_certificate = true }
  }

  assert {
    condition     = toset([for secret in google_secret_manager_secret.secret : secret.secret_id]) == toset(["tintype-pseudonym-keys", "tintype-certificate-key", "tintype-kafka-ca", "tintype-kafka-cert", "tintype-kafka-key"])
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

run "a_service_that_needs_the_internet" {
  command = plan
  variables {
    processor = { egress = "internet", otlp_endpoint = "https://otel.example.com" }
  }

  assert {
    condition     = length(google_cloud_run_v2_service.processor.template[0].vpc_access) == 0 && length(google_cloud_run_v2_service.keeper.template[0].vpc_access) == 1
    error_message = "It leaves the network by itself; the other one stays in."
  }
}

run "the_resilient_profile_by_private_endpoints" {
  command = plan
  variables {
    profile = "resilient"
    bridge = {
      brokers           = ["lkc-1.dom1.europe-west4.gcp.confluent.cloud:9092"]
      private_endpoints = { domain = "dom1.europe-west4.gcp.confluent.cloud", attachments = { a = "projects/p/regions/europe-west4/serviceAttachments/s-a" } }
    }
  }

  assert {
    condition     = google_storage_bucket.images["raw"].location == "EUR4" && length(google_storage_bucket.images["raw"].encryption) == 1 && contains(keys(google_kms_crypto_key.key), "regional") && length(google_bigquery_dataset.tintype.default_encryption_configuration) == 1
    error_message = "Everything lies in two regions under the project's own keys."
  }
  assert {
    condition     = google_compute_forwarding_rule.kafka_endpoint["tintype-kafka-a"].target == "projects/p/regions/europe-west4/serviceAttachments/s-a" && google_dns_record_set.kafka["*"].name == "*.dom1.europe-west4.gcp.confluent.cloud."
    error_message = "Kafka's names are those of its private endpoints."
  }
}
