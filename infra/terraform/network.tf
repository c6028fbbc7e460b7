# The bridge's own network: no public address, no way in but Google's health checks and operators by IAP, out by Cloud NAT, to a
# managed Kafka by Private Service Connect where it has endpoints.

resource "google_compute_network" "network" {
  count = module.contract.has_bridge ? 1 : 0

  name                    = var.prefix
  auto_create_subnetworks = false
  routing_mode            = "REGIONAL"

  depends_on = [google_project_service.api]
}

resource "google_compute_subnetwork" "subnet" {
  count = module.contract.has_bridge ? 1 : 0

  name                     = "${var.prefix}-${var.region}"
  network                  = google_compute_network.network[0].id
  region                   = var.region
  ip_cidr_range            = "10.20.0.0/24"
  private_ip_google_access = true
  purpose                  = "PRIVATE"
  stack_type               = "IPV4_ONLY"

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_router" "router" {
  count = module.contract.has_bridge ? 1 : 0

  name    = var.prefix
  network = google_compute_network.network[0].id
  region  = var.region
}

resource "google_compute_router_nat" "nat" {
  count = module.contract.has_bridge ? 1 : 0

  name                               = var.prefix
  router                             = google_compute_router.router[0].name
  region                             = var.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = google_compute_subnetwork.subnet[0].id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

resource "google_compute_firewall" "health_checks" {
  count = module.contract.has_bridge ? 1 : 0

  name        = "${var.prefix}-health-checks"
  network     = google_compute_network.network[0].id
  description = "Google's health checks reach the bridge's /healthz"
  direction   = "INGRESS"
  # Google's documented ranges of health checks.
  source_ranges           = ["130.211.0.0/22", "35.191.0.0/16"]
  target_service_accounts = [local.accounts.bridge.email]

  allow {
    protocol = "tcp"
    ports    = ["8081"]
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_firewall" "operators" {
  count = module.contract.has_bridge ? 1 : 0

  name        = "${var.prefix}-operators"
  network     = google_compute_network.network[0].id
  description = "Operators reach the bridge's /readyz, /metrics and /jobs through IAP"
  direction   = "INGRESS"
  # Google's documented range of IAP's tunnels.
  source_ranges           = ["35.235.240.0/20"]
  target_service_accounts = [local.accounts.bridge.email]

  allow {
    protocol = "tcp"
    ports    = ["8081"]
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_firewall" "kafka" {
  count = length(module.contract.kafka_nodes) > 0 ? 1 : 0

  name                    = "${var.prefix}-kafka"
  network                 = google_compute_network.network[0].id
  description             = "The bridge and the nodes themselves reach Kafka"
  direction               = "INGRESS"
  source_service_accounts = [local.accounts.bridge.email, local.accounts.kafka.email]
  target_service_accounts = [local.accounts.kafka.email]

  allow {
    protocol = "tcp"
    ports    = ["9092", "9093"]
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

# A managed Kafka by Private Service Connect: an endpoint a zone, and the brokers' names as those of the endpoints.
resource "google_compute_address" "kafka_endpoint" {
  for_each = module.contract.kafka_endpoints.attachments

  name         = each.key
  region       = var.region
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.subnet[0].id
  description  = "Kafka's private endpoint"
}

resource "google_compute_forwarding_rule" "kafka_endpoint" {
  for_each = module.contract.kafka_endpoints.attachments

  name                  = each.key
  region                = var.region
  network               = google_compute_network.network[0].id
  ip_address            = google_compute_address.kafka_endpoint[each.key].id
  target                = each.value
  load_balancing_scheme = ""
  labels                = module.contract.labels
}

resource "google_dns_managed_zone" "kafka" {
  count = length(module.contract.kafka_endpoints.attachments) > 0 ? 1 : 0

  name        = "${var.prefix}-kafka"
  dns_name    = module.contract.kafka_endpoints.domain
  description = "Kafka's brokers by their private endpoints"
  visibility  = "private"
  labels      = module.contract.labels

  private_visibility_config {
    networks {
      network_url = google_compute_network.network[0].id
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_dns_record_set" "kafka" {
  for_each = module.contract.kafka_endpoints.records

  name         = "${each.key}.${module.contract.kafka_endpoints.domain}"
  managed_zone = google_dns_managed_zone.kafka[0].name
  type         = "A"
  ttl          = 60
  rrdatas      = [for endpoint in each.value : google_compute_address.kafka_endpoint[endpoint].address]
}
