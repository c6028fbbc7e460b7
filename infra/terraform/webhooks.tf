# The webhook dispatcher on Cloud Run: the processor's image with another program, reachable only from inside. It connects to
# the Internet without the project's network, so no address of that network can be reached by the name of an endpoint.

resource "google_cloud_run_v2_service" "webhooks" {
  name                = module.contract.services.webhooks.name
  location            = var.region
  description         = "Sends records to the endpoints that tenants name"
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  deletion_protection = var.environment == "production"
  custom_audiences    = [for path in ["/events/images", "/events/webhooks", "/events/slow"] : "${module.contract.services.webhooks.url}${path}"]

  scaling {
    min_instance_count = 0
    max_instance_count = var.webhooks.max_instances
  }

  template {
    service_account = local.accounts.webhooks.email
    encryption_key  = local.keys.regional
    timeout         = "600s"
    # Its slots and its waiting room (core/fairness/delivery_share.ts).
    max_instance_request_concurrency = 640
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    labels                           = module.contract.labels

    scaling {
      min_instance_count = 0
      max_instance_count = var.webhooks.max_instances
    }

    containers {
      name    = "webhooks"
      image   = module.contract.images.processor
      command = module.contract.webhooks_command

      ports {
        name           = "http1"
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = tostring(var.webhooks.cpu)
          memory = "${var.webhooks.memory_mib}Mi"
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = module.contract.webhooks_env
        content {
          name  = env.key
          value = env.value
        }
      }

      env {
        name = "WEBHOOK_MASTER"
        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.secret["webhook-master"].secret_id
            version = "latest"
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
        depends_on = ["webhooks"]

        resources {
          limits   = { cpu = "0.5", memory = "256Mi" }
          cpu_idle = true
        }
      }
    }
  }

  lifecycle {
    ignore_changes = [client, client_version]
  }

  depends_on = [google_service_account.identity, google_kms_crypto_key_iam_member.regional, google_artifact_registry_repository.images, google_secret_manager_secret_iam_member.grant]
}
