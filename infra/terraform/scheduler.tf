# The keeper's jobs, each with a token for exactly its own path.

resource "google_cloud_scheduler_job" "job" {
  for_each = module.contract.jobs

  name             = "${var.prefix}-${each.key}"
  region           = var.region
  description      = each.value.why
  schedule         = each.value.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = each.value.deadline

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
