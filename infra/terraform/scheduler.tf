# The sweep and the repair, each with a token for exactly its own path.

locals {
  jobs = {
    retention = { schedule = var.retention.sweep_schedule, why = "Removes what is past its retention period and leaves a certificate" }
    reconcile = { schedule = var.retention.reconcile_schedule, why = "Finds raw objects that no event brought to an end" }
  }
}

resource "google_cloud_scheduler_job" "job" {
  for_each = local.jobs

  name             = "${var.prefix}-${each.key}"
  region           = var.region
  description      = each.value.why
  schedule         = each.value.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "180s"

  retry_config {
    retry_count          = 5
    min_backoff_duration = "5s"
    max_backoff_duration = "60s"
  }

  http_target {
    http_method = "POST"
    uri         = "${module.contract.service.url}/jobs/${each.key}"
    oidc_token {
      service_account_email = local.accounts.scheduler.email
      audience              = "${module.contract.service.url}/jobs/${each.key}"
    }
  }

  depends_on = [google_service_account.identity, google_cloud_run_v2_service.processor]
}
