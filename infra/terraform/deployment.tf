# Who plans and who deploys: two accounts, which workflows of one repository become for minutes at a time, without a key.
# docs/deployment.md says who applies this for the first time.

resource "google_service_account" "workflow" {
  for_each = module.contract.workflows

  account_id   = each.value.id
  display_name = "Tintype: ${each.value.title}"
  description  = each.value.why

  depends_on = [google_project_service.api]
}

resource "google_project_iam_member" "workflow" {
  # checkov:skip=CKV_GCP_41: The deployer acts as the accounts below one by one, not on the project.
  # checkov:skip=CKV_GCP_42: Building the system takes administrators' roles; this is the one account that has them.
  # checkov:skip=CKV_GCP_49: Only the deployer changes policies, which is what these roles are for.
  for_each = merge([
    for name, account in module.contract.workflows : { for role in account.roles : "${name}/${role}" => { member = account.email, role = role } }
  ]...)

  project = var.project_id
  role    = each.value.role
  member  = "serviceAccount:${each.value.member}"

  depends_on = [google_service_account.workflow]
}

# The state's bucket is made before Terraform runs (infra/deploy).
resource "google_storage_bucket_iam_member" "plans" {
  bucket = "${var.prefix}-terraform"
  role   = "roles/storage.objectUser"
  member = "serviceAccount:${module.contract.workflows.planner.email}"

  depends_on = [google_service_account.workflow]
}

# To start a service as an identity one must be allowed to act as it.
resource "google_service_account_iam_member" "deployer_acts_as" {
  for_each = { for name, account in local.accounts : name => account if !contains(["edge", "originals"], name) }

  service_account_id = each.value.name
  role               = "roles/iam.serviceAccountUser"
  member             = "serviceAccount:${module.contract.workflows.deployer.email}"

  depends_on = [google_service_account.workflow, google_service_account.identity]
}

resource "google_iam_workload_identity_pool" "workflows" {
  count = var.github_repository_id == "" ? 0 : 1

  workload_identity_pool_id = "${var.prefix}-workflows"
  display_name              = "Tintype workflows"
  description               = "Workflows of the repository ${var.github_repository_id}"

  depends_on = [google_project_service.api]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  # checkov:skip=CKV_GCP_125: The condition names one repository and one environment; checkov does not see through the variables.
  count = var.github_repository_id == "" ? 0 : 1

  workload_identity_pool_id          = google_iam_workload_identity_pool.workflows[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  display_name                       = "GitHub"
  description                        = "Tokens of runs in the repository ${var.github_repository_id}, environment ${var.environment}"
  # By its number, which nobody gets by taking over a name. The environment is where GitHub asks for an approval: a run that was
  # not approved has no such claim. In ENVIRONMENT-plan a run plans, without an approval.
  attribute_condition = "assertion.repository_id == '${var.github_repository_id}' && assertion.environment in ['${var.environment}', '${var.environment}-plan']"
  attribute_mapping = {
    "google.subject"        = "assertion.sub"
    "attribute.environment" = "assertion.environment"
  }

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account_iam_member" "workflows" {
  for_each = { for name, account in module.contract.workflows : name => account if var.github_repository_id != "" }

  service_account_id = each.value.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/projects/${var.project_number}/locations/global/workloadIdentityPools/${google_iam_workload_identity_pool.workflows[0].workload_identity_pool_id}/attribute.environment/${each.value.environment}"

  depends_on = [google_service_account.workflow]
}
