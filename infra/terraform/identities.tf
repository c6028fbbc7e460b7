# Who there is, and what each may do where the place is the whole project. Rights on a bucket, a table, a service or a
# secret stand beside it. All of them come from modules/contract/rights.json.

resource "google_service_account" "identity" {
  for_each = local.accounts

  account_id   = each.value.id
  display_name = "Tintype: ${each.value.title}"
  description  = substr(each.value.why, 0, 256)

  depends_on = [google_project_service.api]
}

# One role for each verb, with nothing in it but that verb.
resource "google_project_iam_custom_role" "verb" {
  for_each = module.contract.verbs

  role_id     = "${replace(var.prefix, "-", "_")}_${each.key}"
  title       = "Tintype: ${each.value.title}"
  description = "From infra/terraform/modules/contract/rights.json"
  permissions = each.value.permissions
  stage       = "GA"

  depends_on = [google_project_service.api]
}

locals {
  role_of = { for verb in keys(module.contract.verbs) : verb => "projects/${var.project_id}/roles/${replace(var.prefix, "-", "_")}_${verb}" }
}

resource "google_project_iam_member" "grant" {
  for_each = local.grants.project

  project = var.project_id
  role    = local.role_of[each.value.verb]
  member  = each.value.member

  depends_on = [google_service_account.identity, google_project_iam_custom_role.verb]
}
