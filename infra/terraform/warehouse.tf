# The dataset, its tables from the schema files, its views, who may read what, and the DELETE that needs no keeper.

locals {
  bigquery = "${path.module}/../bigquery"
  tables = {
    images = { partition = "t0", unit = "HOUR", expiration_ms = var.retention.partition_expiration_ms, clustering = ["tenant", "status"] }
    purges = { partition = "swept_at", unit = "DAY", expiration_ms = (var.retention.purges_retention_days + 1) * 86400000, clustering = ["store"] }
  }
  described = [for file in fileset("${local.bigquery}/views", "*.json") : trimsuffix(file, ".json")]
}

resource "google_bigquery_dataset" "tintype" {
  dataset_id                      = module.contract.dataset
  friendly_name                   = "Tintype"
  description                     = "Facts of images: ids, numbers and words of closed vocabularies, gone after the retention period"
  location                        = var.region
  max_time_travel_hours           = tostring(var.retention.max_time_travel_hours)
  default_partition_expiration_ms = var.retention.partition_expiration_ms
  delete_contents_on_destroy      = false

  dynamic "default_encryption_configuration" {
    for_each = local.regional_keys
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  # Instead of BigQuery's default, which lets every reader of the project in. What is added below is not Terraform's to remove.
  access {
    role          = "OWNER"
    user_by_email = module.contract.workflows.deployer.email
  }

  lifecycle {
    ignore_changes = [access]
  }

  depends_on = [google_kms_crypto_key_iam_member.regional, google_service_account.workflow]
}

resource "google_bigquery_table" "table" {
  # checkov:skip=CKV_GCP_80: The dataset's default key is this table's; a second mention could differ.
  # checkov:skip=CKV_GCP_121: Rows are rebuilt from manifests; deletion_protection follows the environment.
  for_each = local.tables

  dataset_id               = google_bigquery_dataset.tintype.dataset_id
  table_id                 = each.key
  schema                   = file("${local.bigquery}/schemas/${each.key}.json")
  clustering               = each.value.clustering
  require_partition_filter = false
  deletion_protection      = var.environment == "production"

  time_partitioning {
    type          = each.value.unit
    field         = each.value.partition
    expiration_ms = each.value.expiration_ms
  }

  dynamic "encryption_configuration" {
    for_each = local.regional_keys
    content {
      kms_key_name = encryption_configuration.value
    }
  }
}

resource "google_bigquery_table" "view" {
  # checkov:skip=CKV_GCP_80: A view holds no data.
  # checkov:skip=CKV_GCP_121: A view holds no data.
  for_each = module.contract.views

  dataset_id          = google_bigquery_dataset.tintype.dataset_id
  table_id            = each.key
  deletion_protection = false

  # What each column means; BigQuery derives the rest from the query.
  schema = contains(local.described, each.key) ? file("${local.bigquery}/views/${each.key}.json") : null

  view {
    query          = each.value
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}

# Authorised views: who may read a view needs no right on what it reads.
resource "google_bigquery_dataset_access" "authorised_view" {
  for_each = module.contract.views

  dataset_id = google_bigquery_dataset.tintype.dataset_id
  view {
    project_id = var.project_id
    dataset_id = google_bigquery_dataset.tintype.dataset_id
    table_id   = each.key
  }

  depends_on = [google_bigquery_table.view]
}

# Whose images the shared views show to whom: e-mail addresses or domains, which operators write (docs/analysts.md).
resource "google_bigquery_table" "tenant_access" {
  # checkov:skip=CKV_GCP_80: The dataset's default key is this table's; a second mention could differ.
  # checkov:skip=CKV_GCP_121: Operators grant again; deletion_protection follows the environment.
  dataset_id          = google_bigquery_dataset.tintype.dataset_id
  table_id            = "tenant_access"
  schema              = file("${local.bigquery}/schemas/tenant_access.json")
  deletion_protection = var.environment == "production"

  dynamic "encryption_configuration" {
    for_each = local.regional_keys
    content {
      kms_key_name = encryption_configuration.value
    }
  }
}

# The same views for analysts of single tenants. Nothing else lies here, so that they may read and list all of it.
resource "google_bigquery_dataset" "shared" {
  dataset_id                 = "${module.contract.dataset}_shared"
  friendly_name              = "Tintype, by tenant"
  description                = "The views of the dataset ${module.contract.dataset}, each over the tenants of whoever asks"
  location                   = var.region
  max_time_travel_hours      = tostring(var.retention.max_time_travel_hours)
  delete_contents_on_destroy = false

  dynamic "default_encryption_configuration" {
    for_each = local.regional_keys
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  access {
    role          = "OWNER"
    user_by_email = module.contract.workflows.deployer.email
  }

  lifecycle {
    ignore_changes = [access]
  }

  depends_on = [google_kms_crypto_key_iam_member.regional, google_service_account.workflow]
}

resource "google_bigquery_dataset_access" "authorised_dataset" {
  dataset_id = google_bigquery_dataset.tintype.dataset_id
  dataset {
    dataset {
      project_id = var.project_id
      dataset_id = google_bigquery_dataset.shared.dataset_id
    }
    target_types = ["VIEWS"]
  }
}

resource "google_bigquery_table" "shared_view" {
  # checkov:skip=CKV_GCP_80: A view holds no data.
  # checkov:skip=CKV_GCP_121: A view holds no data.
  for_each = module.contract.shared_views

  dataset_id          = google_bigquery_dataset.shared.dataset_id
  table_id            = each.key
  deletion_protection = false
  schema              = contains(local.described, each.key) ? file("${local.bigquery}/views/${each.key}.json") : null

  view {
    query          = each.value
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table, google_bigquery_table.tenant_access]
}

resource "google_bigquery_dataset_iam_member" "grant" {
  for_each = local.grants.dataset

  dataset_id = google_bigquery_dataset.shared.dataset_id
  role       = local.role_of[each.value.verb]
  member     = each.value.member

  depends_on = [google_project_iam_custom_role.verb]
}

locals {
  # "views" stands for all of them.
  table_grants = merge([
    for key, grant in local.grants.table : {
      for table in grant.place == "views" ? keys(module.contract.views) : [grant.place] :
      grant.place == "views" ? "${key}/${table}" : key => merge(grant, { table = table })
    }
  ]...)
}

resource "google_bigquery_table_iam_member" "grant" {
  for_each = local.table_grants

  dataset_id = google_bigquery_dataset.tintype.dataset_id
  table_id   = each.value.table
  role       = local.role_of[each.value.verb]
  member     = each.value.member

  depends_on = [
    google_bigquery_table.table, google_bigquery_table.tenant_access, google_bigquery_table.view,
    time_sleep.agents, google_service_account.identity, google_project_iam_custom_role.verb,
  ]
}

# Fails, and by its log line alerts, in each hour in which an objective burns its error budget faster than it may.
resource "google_bigquery_data_transfer_config" "objectives" {
  display_name         = "${var.prefix}: objectives"
  location             = var.region
  data_source_id       = "scheduled_query"
  schedule             = "every 1 hours"
  service_account_name = local.accounts.purger.email
  params = {
    query = "ASSERT NOT EXISTS (SELECT objective FROM ${module.contract.dataset}.slo_burn_rates WHERE is_burning) AS 'an objective burns its error budget';"
  }

  dynamic "encryption_configuration" {
    for_each = local.regional_keys
    content {
      kms_key_name = encryption_configuration.value
    }
  }

  email_preferences {
    enable_failure_email = false
  }

  depends_on = [google_bigquery_table_iam_member.grant, google_project_iam_member.grant, google_service_account.identity]
}

resource "google_bigquery_data_transfer_config" "purge" {
  for_each = {
    purge_images = var.retention.scheduled_delete_schedule
    purge_purges = "every 24 hours"
  }

  display_name         = "${var.prefix}: ${each.key}"
  location             = var.region
  data_source_id       = "scheduled_query"
  schedule             = each.value
  service_account_name = local.accounts.purger.email
  params               = { query = file("${local.bigquery}/scheduled/${each.key}.sql") }

  dynamic "encryption_configuration" {
    for_each = local.regional_keys
    content {
      kms_key_name = encryption_configuration.value
    }
  }

  email_preferences {
    enable_failure_email = true
  }

  depends_on = [google_bigquery_table_iam_member.grant, google_project_iam_member.grant, google_service_account.identity]
}
