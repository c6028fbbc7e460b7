# Where the services of the processor's image may connect to: Google's APIs by their private addresses and nothing else, so
# that code that got hold of one reaches no host of its own. A service with egress = "internet" is not in this network.

locals {
  # private.googleapis.com, Google's documented addresses, which no public route leads to.
  google_apis = { range = "199.36.153.8/30", addresses = [for n in range(4) : cidrhost("199.36.153.8/30", n)] }
}

resource "google_compute_network" "services" {
  name                            = "${var.prefix}-services"
  auto_create_subnetworks         = false
  delete_default_routes_on_create = true
  routing_mode                    = "REGIONAL"

  depends_on = [google_project_service.api]
}

# Cloud Run takes up to four addresses an instance while revisions change.
resource "google_compute_subnetwork" "services" {
  name                     = "${var.prefix}-services-${var.region}"
  network                  = google_compute_network.services.id
  region                   = var.region
  ip_cidr_range            = "10.21.0.0/22"
  private_ip_google_access = true
  purpose                  = "PRIVATE"
  stack_type               = "IPV4_ONLY"

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_route" "google_apis" {
  name             = "${var.prefix}-google-apis"
  network          = google_compute_network.services.id
  description      = "The only way out: Google's APIs"
  dest_range       = local.google_apis.range
  next_hop_gateway = "default-internet-gateway"
}

resource "google_compute_firewall" "google_apis" {
  name               = "${var.prefix}-google-apis"
  network            = google_compute_network.services.id
  description        = "Services reach Google's APIs"
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = [local.google_apis.range]

  allow {
    protocol = "tcp"
    ports    = ["443"]
  }
}

# An entry in its log is a service that tried what it never does.
resource "google_compute_firewall" "no_egress" {
  name               = "${var.prefix}-no-egress"
  network            = google_compute_network.services.id
  description        = "Services reach nothing else"
  direction          = "EGRESS"
  priority           = 65000
  destination_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_dns_managed_zone" "google_apis" {
  name        = "${var.prefix}-google-apis"
  dns_name    = "googleapis.com."
  description = "Google's APIs by their private addresses"
  visibility  = "private"
  labels      = module.contract.labels

  private_visibility_config {
    networks {
      network_url = google_compute_network.services.id
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_dns_record_set" "google_apis" {
  for_each = {
    "private.googleapis.com." = { type = "A", values = local.google_apis.addresses }
    "*.googleapis.com."       = { type = "CNAME", values = ["private.googleapis.com."] }
  }

  name         = each.key
  managed_zone = google_dns_managed_zone.google_apis.name
  type         = each.value.type
  ttl          = 300
  rrdatas      = each.value.values
}
