# The Kafka bridge: members on Container-Optimized OS that are replaced one by one and healed by their health check.
# A member may be killed at any time; what was not committed comes again and finds its object.

locals {
  lag_metric     = "custom.googleapis.com/${var.prefix}/bridge_lag_records"
  unready_metric = "custom.googleapis.com/${var.prefix}/bridge_unready"
}

resource "google_monitoring_metric_descriptor" "bridge_lag" {
  count = module.contract.has_bridge ? 1 : 0

  type         = local.lag_metric
  display_name = "Tintype: records that the bridge has not made durable"
  description  = "Sum of tintype_bridge_lag_records over a member's partitions, written by the member's machine each minute"
  metric_kind  = "GAUGE"
  value_type   = "DOUBLE"
  unit         = "1"

  depends_on = [google_project_service.api]
}

resource "google_monitoring_metric_descriptor" "bridge_unready" {
  count = module.contract.has_bridge ? 1 : 0

  type         = local.unready_metric
  display_name = "Tintype: members of the bridge that are not ready"
  description  = "1 where a member's /readyz does not answer 200, written by the member's machine each minute"
  metric_kind  = "GAUGE"
  value_type   = "DOUBLE"
  unit         = "1"

  depends_on = [google_project_service.api]
}

resource "google_compute_health_check" "bridge" {
  count = module.contract.has_bridge ? 1 : 0

  name                = "${var.prefix}-bridge"
  description         = "The bridge lives"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 1
  unhealthy_threshold = 6

  http_health_check {
    port         = 8081
    request_path = "/healthz"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.api]
}

resource "google_compute_region_instance_template" "bridge" {
  # checkov:skip=CKV_GCP_36: It forwards nothing; the default is off.
  count = module.contract.has_bridge ? 1 : 0

  # The name is made of what is inside, as a template cannot be changed and two cannot share a name.
  name         = "${var.prefix}-bridge-${substr(sha256(join("\n", [local.bridge_cloud_init, var.bridge.machine_type, var.bridge.cluster])), 0, 12)}"
  description  = "A member of the Kafka bridge"
  region       = var.region
  machine_type = var.bridge.machine_type
  labels       = module.contract.labels

  can_ip_forward = false

  disk {
    boot         = true
    auto_delete  = true
    source_image = "projects/cos-cloud/global/images/family/cos-stable"
    disk_size_gb = 10
    disk_type    = "pd-balanced"
    labels       = module.contract.labels
    dynamic "disk_encryption_key" {
      for_each = local.regional_keys
      content {
        kms_key_self_link = disk_encryption_key.value
      }
    }
  }

  network_interface {
    subnetwork = google_compute_subnetwork.subnet[0].id
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  service_account {
    email = local.accounts.bridge.email
    # The account's roles are the limit.
    scopes = ["https://www.googleapis.com/auth/cloud-platform"]
  }

  metadata = {
    user-data                = local.bridge_cloud_init
    enable-oslogin           = "TRUE"
    block-project-ssh-keys   = "TRUE"
    serial-port-enable       = "FALSE"
    google-logging-enabled   = "true"
    cos-update-strategy      = "update_enabled"
    disable-legacy-endpoints = "TRUE"
  }

  scheduling {
    automatic_restart   = true
    on_host_maintenance = "MIGRATE"
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_service_account.identity, google_kms_crypto_key_iam_member.regional]
}

locals {
  bridge_cloud_init = templatefile("${path.module}/templates/bridge.yaml.tftpl", {
    image          = module.contract.images.bridge
    registry       = "${var.region}-docker.pkg.dev"
    env            = module.contract.bridge_env
    project        = var.project_id
    lag_metric     = local.lag_metric
    unready_metric = local.unready_metric
    memory_mib     = var.bridge.budget_mib + 400
    collector      = var.bridge.metrics_collector
    secrets        = module.contract.bridge_secrets
    instance_id    = "http://metadata.google.internal/computeMetadata/v1/instance/id"
    zone           = "http://metadata.google.internal/computeMetadata/v1/instance/zone"
  })
}

resource "google_compute_region_instance_group_manager" "bridge" {
  count = module.contract.has_bridge ? 1 : 0

  name                             = "${var.prefix}-bridge"
  description                      = "Members of the Kafka bridge"
  region                           = var.region
  base_instance_name               = "${var.prefix}-bridge"
  target_size                      = var.bridge.instances
  distribution_policy_target_shape = "EVEN"
  wait_for_instances               = true
  wait_for_instances_status        = "UPDATED"

  version {
    instance_template = google_compute_region_instance_template.bridge[0].self_link
  }

  auto_healing_policies {
    health_check      = google_compute_health_check.bridge[0].id
    initial_delay_sec = 180
  }

  # One zone's worth at a time: Kafka gives the partitions to the members that stay.
  update_policy {
    type                         = "PROACTIVE"
    minimal_action               = "REPLACE"
    replacement_method           = "SUBSTITUTE"
    instance_redistribution_type = "PROACTIVE"
    max_surge_fixed              = 3
    max_unavailable_fixed        = 0
  }

  depends_on = [google_storage_bucket_iam_member.grant, google_secret_manager_secret_iam_member.grant, google_compute_router_nat.nat, google_dns_record_set.kafka]
}
