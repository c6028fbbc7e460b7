# The processor on Cloud Run: as many instances as there is work, none when there is none, reachable only from inside.
# keeper.tf and webhooks.tf are the other services of its image.

resource "google_cloud_run_v2_service" "processor" {
  name                = module.contract.services.processor.name
  location            = var.region
  description         = "Processes images"
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  deletion_protection = var.environment == "production"
  custom_audiences    = [for path in ["/events/storage", "/events/slow", "/events/dead", "/events/canary"] : "${module.contract.services.processor.url}${path}"]

  scaling {
    min_instance_count = 0
    max_instance_count = var.processor.max_instances
  }

  template {
    service_account                  = local.accounts.processor.email
    encryption_key                   = local.keys.regional
    timeout                          = "600s"
    max_instance_request_concurrency = module.contract.processor_concurrency
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    labels                           = module.contract.labels

    scaling {
      min_instance_count = 0
      max_instance_count = coalesce(var.processor.ceiling, var.processor.max_instances)
    }

    dynamic "vpc_access" {
      for_each = var.processor.egress == "google" ? [google_compute_subnetwork.services] : []
      content {
        egress = "ALL_TRAFFIC"
        network_interfaces {
          network    = vpc_access.value.network
          subnetwork = vpc_access.value.id
        }
      }
    }

    containers {
      name  = "processor"
      image = module.contract.images.processor

      ports {
        name           = "http1"
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = tostring(var.processor.cpu)
          memory = "${var.processor.memory_mib}Mi"
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = module.contract.processor_env
        content {
          name  = env.key
          value = env.value
        }
      }

      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 30
        http_get {
          path = "/healthz"
          port = 8080
        }
      }

      liveness_probe {
        initial_delay_seconds = 10
        period_seconds        = 30
        timeout_seconds       = 10
        failure_threshold     = 4
        http_get {
          path = "/healthz"
          port = 8080
        }
      }
    }

    dynamic "containers" {
      for_each = module.contract.metrics_sidecars
      content {
        name       = "metrics"
        image      = containers.value
        depends_on = ["processor"]

        resources {
          limits   = { cpu = "0.5", memory = "256Mi" }
          cpu_idle = true
        }
      }
    }
  }

  # The canary moves the traffic (infra/deploy/rollout.ts); a plan must not move it back.
  lifecycle {
    ignore_changes = [traffic, client, client_version]
  }

  depends_on = [google_service_account.identity, google_kms_crypto_key_iam_member.regional, google_artifact_registry_repository.images, google_compute_route.google_apis, google_compute_firewall.google_apis, google_compute_firewall.no_egress, google_dns_record_set.google_apis]
}

locals {
  service_of = { processor = google_cloud_run_v2_service.processor.name, keeper = google_cloud_run_v2_service.keeper.name, webhooks = google_cloud_run_v2_service.webhooks.name }
}

resource "google_cloud_run_v2_service_iam_member" "grant" {
  for_each = local.grants.service

  name     = local.service_of[each.value.place]
  location = var.region
  role     = local.role_of[each.value.verb]
  member   = each.value.member

  depends_on = [google_service_account.identity, google_project_iam_custom_role.verb]
}
