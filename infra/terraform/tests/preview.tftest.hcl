# The preview environment planned and applied with a mocked provider: needs the provider's schema, no network.
# The variables are those of preview.tfvars.

mock_provider "google" {}
mock_provider "google-beta" {}
mock_provider "time" {}

variables {
  processor_digest     = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
  bridge_digest        = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
  project_id           = "example-tintype-preview"
  project_number       = "100000000001"
  environment          = "preview"
  prefix               = "tintype-preview"
  alert_emails         = ["oncall@example.com"]
  analysts             = ["group:analysts@example.com"]
  github_repository_id = "100000003"
  edge_url             = "https://tintype-edge-preview.example.workers.dev"
  processor            = { max_instances = 3 }
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
    condition     = google_cloud_run_v2_service.processor.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY" && google_cloud_run_v2_service.processor.template[0].scaling[0].max_instance_count > 0
    error_message = "The processor is reached from inside only and has a bound."
  }
  assert {
    condition     = google_cloud_run_v2_service.keeper.template[0].containers[0].image == google_cloud_run_v2_service.processor.template[0].containers[0].image && one(slice(google_cloud_run_v2_service.keeper.template[0].containers[0].command, length(google_cloud_run_v2_service.keeper.template[0].containers[0].command) - 1, length(google_cloud_run_v2_service.keeper.template[0].containers[0].command))) == "processor/keeper.ts" && google_cloud_run_v2_service.keeper.template[0].scaling[0].max_instance_count == 3
    error_message = "The keeper is another program of the processor's image, and has a bound."
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
