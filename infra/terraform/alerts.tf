# What somebody must look at, each with what to do about it (docs/operations.md).

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  display_name = "Tintype: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }
  user_labels  = module.contract.labels
  force_delete = false

  depends_on = [google_project_service.api]
}

locals {
  keeper              = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${module.contract.services.keeper.name}\""
  slow_subscriptions  = "${local.subscription}=one_of(${join(",", [for lane in module.contract.slow_lanes : "\"${module.contract.subscriptions[lane]}\""])})"
  event_subscriptions = "${local.subscription}=one_of(${join(",", [for key in concat(["events"], module.contract.slow_lanes) : "\"${module.contract.subscriptions[key]}\""])})"
  rows_subscriptions  = "${local.subscription}=one_of(${join(",", [for role in keys(local.rows) : "\"${module.contract.subscriptions[role]}\""])})"
  subscription        = "resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id"
  over = {
    dead_letters = {
      title     = "Events become dead letters"
      filter    = "${local.event_subscriptions} AND metric.type=\"pubsub.googleapis.com/subscription/dead_letter_message_count\""
      aligner   = "ALIGN_DELTA"
      reducer   = "REDUCE_SUM"
      threshold = 0
      duration  = "0s"
      advice    = "Images failed 100 times and have the status failed; repair publishes their events again. Look for delivery_failed in the processor's log, and fix what its code names; of a slow lane, for the tenant that delivery_diverted names."
    }
    oldest_unacked = {
      title     = "Events wait for more than 15 minutes"
      filter    = "${local.subscription}=\"${module.contract.subscriptions.events}\" AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      threshold = 900
      duration  = "300s"
      advice    = "The processor does not keep up or does not respond: look at its instances (processor.max_instances) and at delivery_delayed and delivery_failed in its log."
    }
    slow_lanes_wait = {
      title     = "A slow lane waits for more than six hours"
      filter    = "${local.slow_subscriptions} AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      threshold = 21600
      duration  = "300s"
      advice    = "A tenant's flood does not drain; all others are served. delivery_diverted in the processor's log names the tenant: look at its images' reasons (processing_limit is a poisoned one), lower its quota, or raise processor.max_instances."
    }
    dead_records = {
      title     = "Records become dead letters"
      filter    = "${local.rows_subscriptions} AND metric.type=\"pubsub.googleapis.com/subscription/dead_letter_message_count\""
      aligner   = "ALIGN_DELTA"
      reducer   = "REDUCE_SUM"
      threshold = 0
      duration  = "0s"
      advice    = "BigQuery refused rows for some 15 hours: a key of the record has no column, or a type differs. Compare infra/bigquery/schemas with the table (bq show --schema), apply Terraform, then publish what ${module.contract.subscriptions.images_dead} holds again; it is kept for ${var.retention.dead_letters_retention}."
    }
    records_wait = {
      title     = "Records wait for BigQuery for more than 15 minutes"
      filter    = "${local.rows_subscriptions} AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      threshold = 900
      duration  = "300s"
      advice    = "Rows are late, so dashboards, repair and erasures are too. Look at the subscription's push_request_count by response code: a schema that differs, rights of Pub/Sub's account on the tables, or BigQuery's quota."
    }
    processor_5xx = {
      title     = "The processor responds with 5xx"
      filter    = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${module.contract.services.processor.name}\" AND metric.type=\"run.googleapis.com/request_count\" AND metric.labels.response_code_class=\"5xx\""
      aligner   = "ALIGN_RATE"
      reducer   = "REDUCE_SUM"
      threshold = 0.1
      duration  = "300s"
      advice    = "Deliveries are refused and come again. Look for delivery_failed and call_failed; after a deployment, roll back (docs/deployment.md)."
    }
    overdue = {
      title     = "Something is past its retention period"
      filter    = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.metric["overdue"].name}\""
      aligner   = "ALIGN_DELTA"
      reducer   = "REDUCE_SUM"
      threshold = 0
      duration  = "0s"
      advice    = "The promise is at stake: run the audit (docs/retention.md), which names every object, and the sweep by hand (gcloud scheduler jobs run ${var.prefix}-sweep)."
    }
    objective_burns = {
      title     = "An objective burns its budget"
      filter    = "resource.type=\"bigquery_dts_config\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.metric["burning"].name}\""
      aligner   = "ALIGN_DELTA"
      reducer   = "REDUCE_SUM"
      threshold = 0
      duration  = "0s"
      advice    = "SELECT * FROM tintype.slo_burn_rates WHERE is_burning names the objective and its rate; docs/operations.md, An objective burns its budget, what to do."
    }
    bridge_lag = {
      title     = "The Kafka bridge falls behind"
      filter    = "resource.type=\"gce_instance\" AND metric.type=\"${local.lag_metric}\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_SUM"
      threshold = 10000
      duration  = "600s"
      advice    = "docs/operations.md, the Kafka bridge: growing everywhere means storage or CPU, in one partition a stuck record (record_held_up names it)."
    }
    bridge_unready = {
      title     = "The Kafka bridge is not ready"
      filter    = "resource.type=\"gce_instance\" AND metric.type=\"${local.unready_metric}\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      threshold = 0
      duration  = "900s"
      advice    = "Records stand still, however few, and Kafka keeps them for three days: /readyz of the member names the readiness blocker (storage, dead_letters, commits, not in the group), record_held_up and dead_letter_held_up in its log say why."
    }
  }
  missing = {
    certificate_missing = {
      title    = "No deletion certificate for 20 minutes"
      filter   = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.metric["certificates"].name}\""
      duration = "1200s"
      advice   = "The sweep does not end, or is cut each time (complete: false) and does not know what it has not seen: look at the scheduler's job ${var.prefix}-sweep, then at call_failed in the keeper's log. Lifecycle rules and the scheduled query hold meanwhile."
    }
    repair_missing = {
      title    = "Repair has not run for an hour"
      filter   = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.metric["repairs"].name}\""
      duration = "3600s"
      advice   = "Failed images and lost events wait for it, and a shard whose turn it was waits for a day. queue_age_unknown in the keeper's log: Cloud Monitoring does not say how long events have waited, so nothing is published. Otherwise look at the scheduler's job ${var.prefix}-repair and at call_failed. Then npx deno task repair --since 1d does all of it at once."
    }
    bridge_silent = {
      title    = "The Kafka bridge does not report"
      filter   = "resource.type=\"gce_instance\" AND metric.type=\"${local.lag_metric}\""
      duration = "900s"
      advice   = "No member responds on /metrics: look at the instance group ${var.prefix}-bridge and at its containers' logs."
    }
  }
  # Conditions on lines themselves: they need no metric, which a first deployment would have to wait for.
  logged = {
    days_missing = {
      title    = "Fewer than seven days ahead have a salt"
      filter   = "${local.keeper} AND jsonPayload.event=\"days_missing\""
      severity = "CRITICAL"
      advice   = "On a day without a salt no image is admitted or read. Run gcloud scheduler jobs run ${var.prefix}-days, then look for call_failed in the keeper's log: it creates and deletes days.json in ${module.contract.buckets.config}."
    }
    sweep_part_missing = {
      title    = "A part of a sweep is missing"
      filter   = "${local.keeper} AND jsonPayload.event=\"sweep_part_missing\""
      severity = "ERROR"
      advice   = "Its shards are not in the certificate, which says so, and the next sweep looks at them again. The line names them and the status that the part got: 429 means that keeper.max_instances is too small for keeper.sweep_parts, 403 that the keeper may not call itself."
    }
    events_lost = {
      title    = "Repair has found lost events"
      filter   = "${local.keeper_jobs} AND jsonPayload.job=\"repair\" AND jsonPayload.republished>0 AND jsonPayload.isDryRun=false"
      severity = "WARNING"
      advice   = "The events of so many images (republished) never came, and were published again. A few may be lost now and then; many mean that the bucket's notification or the topic was away: npx deno task repair --since finds the others at once, the schedule within 27 hours."
    }
    erasures_overdue = {
      title    = "Erasures have no receipt in their time"
      filter   = "${local.keeper_jobs} AND jsonPayload.job=\"erasures\" AND jsonPayload.overdue>0"
      severity = "CRITICAL"
      advice   = "An owner's request is not settled. Their events are published again by themselves: look for delivery_failed in the processor's log, at records that wait for BigQuery (no erased row, no receipt), and at delete statements that BigQuery refuses."
    }
    job_failed = {
      title    = "A job of the keeper fails"
      filter   = "resource.type=\"cloud_scheduler_job\" AND resource.labels.job_id=(${join(" OR ", [for job in keys(local.jobs) : "\"${var.prefix}-${job}\""])}) AND severity>=ERROR"
      severity = "ERROR"
      advice   = "The scheduler's call failed or timed out, and is repeated. Look for call_failed in the keeper's log; also where it does not run at all."
    }
    configuration_invalid = {
      title    = "An object of the configuration is wrong or cannot be read"
      filter   = "jsonPayload.event=\"configuration_invalid\""
      severity = "ERROR"
      advice   = "The line names the file. Its last good version holds until the process ends: upload a good one (npx deno task tenants validate, then push)."
    }
    batch_undecodable = {
      title    = "A Kafka batch cannot be decoded"
      filter   = "jsonPayload.event=\"batch_undecodable\""
      severity = "CRITICAL"
      advice   = "The bridge holds this partition before the batch, and Kafka deletes what waits behind it after its retention. Find its producer; then npx deno task dlq skip TOPIC/PARTITION/OFFSET passes that batch alone."
    }
    records_lost = {
      title    = "Kafka deleted records before they were read"
      filter   = "jsonPayload.event=(\"records_lost\" OR \"topic_remade\")"
      severity = "CRITICAL"
      advice   = "The line names topic, partition and offsets. records_lost: the bridge fell behind the topic's retention, or somebody ran kafka-delete-records; send these records again. topic_remade: the topic ends before what was read; it is read from its start."
    }
  }
  only_with_bridge = ["bridge_lag", "bridge_unready", "bridge_silent", "batch_undecodable", "records_lost"]
}

resource "google_monitoring_alert_policy" "over" {
  for_each = { for name, alert in local.over : name => alert if module.contract.has_bridge || !contains(local.only_with_bridge, name) }

  display_name          = "Tintype: ${each.value.title}"
  combiner              = "OR"
  severity              = each.key == "overdue" ? "CRITICAL" : "ERROR"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  user_labels           = module.contract.labels

  conditions {
    display_name = each.value.title
    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = each.value.duration
      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
      }
      trigger {
        count = 1
      }
    }
  }

  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_monitoring_metric_descriptor.bridge_lag, google_monitoring_metric_descriptor.bridge_unready]
}

resource "google_monitoring_alert_policy" "missing" {
  for_each = { for name, alert in local.missing : name => alert if module.contract.has_bridge || !contains(local.only_with_bridge, name) }

  display_name          = "Tintype: ${each.value.title}"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  user_labels           = module.contract.labels

  conditions {
    display_name = each.value.title
    condition_absent {
      filter   = each.value.filter
      duration = each.value.duration
      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_MAX"
        cross_series_reducer = "REDUCE_SUM"
      }
      trigger {
        count = 1
      }
    }
  }

  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_monitoring_metric_descriptor.bridge_lag, google_monitoring_metric_descriptor.bridge_unready]
}

resource "google_monitoring_alert_policy" "logged" {
  for_each = { for name, alert in local.logged : name => alert if module.contract.has_bridge || !contains(local.only_with_bridge, name) }

  display_name          = "Tintype: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  user_labels           = module.contract.labels

  conditions {
    display_name = each.value.title
    condition_matched_log {
      filter = each.value.filter
    }
  }

  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
    notification_rate_limit {
      period = "3600s"
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_billing_budget" "budget" {
  count = var.budget.billing_account == "" ? 0 : 1

  billing_account = var.budget.billing_account
  display_name    = "${var.prefix} ${var.environment}"

  budget_filter {
    projects = ["projects/${var.project_number}"]
  }

  amount {
    specified_amount {
      currency_code = var.budget.currency
      units         = tostring(var.budget.amount)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  all_updates_rule {
    # Budgets take at most five channels.
    monitoring_notification_channels = slice([for channel in google_monitoring_notification_channel.email : channel.id], 0, min(5, length(var.alert_emails)))
    disable_default_iam_recipients   = false
  }
}
