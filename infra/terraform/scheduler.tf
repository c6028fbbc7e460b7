# The keeper's jobs, each with a token for exactly its own path.

locals {
  jobs = {
    sweep    = { schedule = var.retention.sweep_schedule, why = "Deletes what is past its retention period and leaves a certificate" }
    erasures = { schedule = var.retention.erasures_schedule, why = "Deletes rows of erased images and writes the erasures' receipts" }
    repair   = { schedule = var.retention.repair_schedule, why = "Publishes events again that were lost or failed: a shard's names once a day", deadline = "1800s" }
    # A day ends at midnight UTC, and its salt with the last image's retention period.
    days = { schedule = "5 0 * * *", why = "Makes salts for days to come and drops those whose images are gone" }
  }
}

resource "google_cloud_scheduler_job" "job" {
  for_each = local.jobs

  name             = "${var.prefix}-${each.key}"
  region           = var.region
  description      = each.value.why
  schedule         = each.value.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = try(each.value.deadline, "180s")

  retry_config {
    retry_count          = 5
    min_backoff_duration = "5s"
    max_backoff_duration = "60s"
  }

  http_target {
    http_method = "POST"
    uri         = "${module.contract.services.keeper.url}/jobs/${each.key}"
    oidc_token {
      service_account_email = local.accounts.scheduler.email
      audience              = "${module.contract.services.keeper.url}/jobs/${each.key}"
    }
  }

  depends_on = [google_service_account.identity, google_cloud_run_v2_service_iam_member.grant]
}

# What the table of rights grants on accounts: operators call a job with a body (deno task repair) as the scheduler.
resource "google_service_account_iam_member" "grant" {
  for_each = local.grants.account

  service_account_id = local.accounts[trimprefix(each.value.place, "account-")].name
  role               = local.role_of[each.value.verb]
  member             = each.value.member

  depends_on = [google_service_account.identity, google_project_iam_custom_role.verb]
}
