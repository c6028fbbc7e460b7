# The keeper on Cloud Run: the processor's image with another program, beside what it guards. Anybody may reach it, and only
# the scheduler and operators may call it; it then asks for the scheduler's token for exactly the job's path.

resource "google_cloud_run_v2_service" "keeper" {
  name                = module.contract.services.keeper.name
  location            = var.region
  description         = "Deletes what is past its time, settles erasures, repairs, keeps the days' salts"
  ingress             = "INGRESS_TRAFFIC_ALL"
  deletion_protection = var.environment == "production"
  custom_audiences    = [for job in concat(keys(module.contract.jobs), ["erase"]) : "${module.contract.services.keeper.url}/jobs/${job}"]

  scaling {
    min_instance_count = 0
    max_instance_count = var.keeper.max_instances
  }

  template {
    service_account = local.accounts.keeper.email
    encryption_key  = local.keys.regional
    # Repair may list for half an hour; each job, and each part of a sweep, has an instance of its own.
    timeout                          = "1800s"
    max_instance_request_concurrency = 1
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    labels                           = module.contract.labels

    scaling {
      min_instance_count = 0
      max_instance_count = var.keeper.max_instances
    }

    dynamic "vpc_access" {
      for_each = var.keeper.egress == "google" ? [google_compute_subnetwork.services] : []
      content {
        egress = "ALL_TRAFFIC"
        network_interfaces {
          network    = vpc_access.value.network
          subnetwork = vpc_access.value.id
        }
      }
    }

    containers {
      name    = "keeper"
      image   = module.contract.images.processor
      command = module.contract.keeper_command

      ports {
        name           = "http1"
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = tostring(var.keeper.cpu)
          memory = "${var.keeper.memory_mib}Mi"
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = module.contract.keeper_env
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = module.contract.keeper_secrets
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
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
        depends_on = ["keeper"]

        resources {
          limits   = { cpu = "0.5", memory = "256Mi" }
          cpu_idle = true
        }
      }
    }
  }

  # A deployment moves the traffic once the tables are as the records (infra/deploy/keeper_steps.ts).
  lifecycle {
    ignore_changes = [traffic, client, client_version]
  }

  depends_on = [google_service_account.identity, google_secret_manager_secret_iam_member.grant, google_kms_crypto_key_iam_member.regional, google_artifact_registry_repository.images, google_compute_route.google_apis, google_compute_firewall.google_apis, google_compute_firewall.no_egress, google_dns_record_set.google_apis]
}
