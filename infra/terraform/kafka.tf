# Kafka of the project's own, for those without a managed cluster: three nodes in three zones, each broker and controller
# (KRaft), TLS and SASL on every listener. Topics are replicated three times, so there are no snapshots: a snapshot of a
# disk would hold images beyond their retention period, and a lost node is filled again by the others.

locals {
  # Two regions have no zone a.
  zone_letters = contains(["europe-west1", "us-east1"], var.region) ? ["b", "c", "d"] : ["a", "b", "c"]
  kafka_zones  = { for index, name in module.contract.kafka_nodes : name => { index = index, zone = "${var.region}-${local.zone_letters[index]}" } }
}

resource "google_compute_address" "kafka" {
  for_each = local.kafka_zones

  name         = each.key
  region       = var.region
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.subnet[0].id
  description  = "Stays when the node is replaced"
}

resource "google_compute_disk" "kafka" {
  for_each = local.kafka_zones

  name        = "${each.key}-data"
  zone        = each.value.zone
  type        = "pd-balanced"
  size        = var.self_managed_kafka.disk_gib
  description = "Log of ${each.key}; no snapshots, by the retention rule"
  labels      = module.contract.labels

  dynamic "disk_encryption_key" {
    for_each = local.regional_keys
    content {
      kms_key_self_link = disk_encryption_key.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.regional]
}

resource "google_compute_instance" "kafka" {
  for_each = local.kafka_zones

  name                      = each.key
  zone                      = each.value.zone
  machine_type              = var.self_managed_kafka.machine_type
  description               = "Kafka node ${each.value.index}"
  labels                    = module.contract.labels
  allow_stopping_for_update = true
  deletion_protection       = var.environment == "production"
  can_ip_forward            = false

  boot_disk {
    auto_delete       = true
    kms_key_self_link = local.keys.regional
    initialize_params {
      image  = "projects/cos-cloud/global/images/family/cos-stable"
      size   = 10
      type   = "pd-balanced"
      labels = module.contract.labels
    }
  }

  attached_disk {
    source            = google_compute_disk.kafka[each.key].id
    device_name       = "kafka-data"
    kms_key_self_link = local.keys.regional
  }

  network_interface {
    subnetwork = google_compute_subnetwork.subnet[0].id
    network_ip = google_compute_address.kafka[each.key].address
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  service_account {
    email  = local.accounts.kafka.email
    scopes = ["https://www.googleapis.com/auth/cloud-platform"]
  }

  metadata = {
    enable-oslogin           = "TRUE"
    block-project-ssh-keys   = "TRUE"
    serial-port-enable       = "FALSE"
    google-logging-enabled   = "true"
    disable-legacy-endpoints = "TRUE"
    user-data = templatefile("${path.module}/templates/kafka.yaml.tftpl", {
      node       = each.value.index
      host       = "${each.key}.c.${var.project_id}.internal"
      voters     = join(",", [for index, name in module.contract.kafka_nodes : "${index}@${name}.c.${var.project_id}.internal:9093"])
      cluster_id = substr(replace(replace(base64sha256("${var.project_id}/${var.prefix}"), "+", "A"), "/", "B"), 0, 22)
      image      = var.self_managed_kafka.image
      registry   = "${var.region}-docker.pkg.dev"
      project    = var.project_id
      secret     = "${var.prefix}-kafka-nodes"
      retention  = var.retention
    })
  }

  depends_on = [google_service_account.identity, google_secret_manager_secret_iam_member.grant, google_compute_router_nat.nat]
}
