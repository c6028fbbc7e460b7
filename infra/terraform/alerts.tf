# What somebody must look at: modules/contract/alerts.json, each with its runbook in docs/operations.md.

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  display_name = "Tintype: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }
  user_labels  = module.contract.labels
  force_delete = false

  depends_on = [google_project_service.api]
}

locals {
  mail = [for channel in google_monitoring_notification_channel.email : channel.id]
}

# Metrics of a new project do not exist before their first point: queries are not checked against them, and what must not be
# missing counts as missing where it never was.
resource "google_monitoring_alert_policy" "alert" {
  for_each = module.contract.alerts

  display_name          = "Tintype: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = concat(local.mail, each.value.severity == "CRITICAL" ? var.pager_channels : [])
  user_labels           = module.contract.labels

  conditions {
    display_name = each.value.title

    dynamic "condition_prometheus_query_language" {
      for_each = each.value.query == null ? [] : [each.value]
      content {
        query                     = condition_prometheus_query_language.value.query
        duration                  = condition_prometheus_query_language.value.for
        evaluation_interval       = "60s"
        disable_metric_validation = true
      }
    }

    dynamic "condition_matched_log" {
      for_each = each.value.filter == null ? [] : [each.value.filter]
      content {
        filter = condition_matched_log.value
      }
    }
  }

  documentation {
    subject   = "Tintype ${var.environment}: ${each.value.title}"
    content   = "${each.value.advice}\n\ndocs/operations.md, \"${each.value.title}\"."
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
    dynamic "notification_rate_limit" {
      for_each = each.value.filter == null ? [] : ["3600s"]
      content {
        period = notification_rate_limit.value
      }
    }
  }

  depends_on = [google_project_service.api]
}

# Google's probes from three continents, each minute: that the edge responds, and that it can tell whose a token is. The
# token's key is unknown to every issuer, so the edge must ask for the issuer's keys: 401 where it has them, else 503.
resource "google_monitoring_uptime_check_config" "edge" {
  for_each = var.edge_url == "" ? {} : {
    alive  = { path = "/healthz", token = null, status = 200 }
    tokens = { path = "/v1/images", token = "eyJhbGciOiJSUzI1NiIsImtpZCI6InVwdGltZSJ9.e30.AA", status = 401 }
  }

  display_name     = "Tintype edge: ${each.key}"
  period           = "60s"
  timeout          = "10s"
  selected_regions = ["EUROPE", "USA", "ASIA_PACIFIC"]
  user_labels      = module.contract.labels

  http_check {
    path         = each.value.path
    port         = 443
    use_ssl      = true
    validate_ssl = true
    headers      = each.value.token == null ? {} : { Authorization = "Bearer ${each.value.token}" }
    mask_headers = false
    accepted_response_status_codes {
      status_value = each.value.status
    }
  }

  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project_id, host = trimprefix(var.edge_url, "https://") }
  }

  depends_on = [google_project_service.api]
}

resource "google_billing_budget" "budget" {
  count = var.budget.billing_account == "" ? 0 : 1

  billing_account = var.budget.billing_account
  display_name    = "${var.prefix} ${var.environment}"

  budget_filter {
    projects = ["projects/${var.project_number}"]
  }

  amount {
    specified_amount {
      currency_code = var.budget.currency
      units         = tostring(var.budget.amount)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  all_updates_rule {
    # Budgets take at most five channels.
    monitoring_notification_channels = slice([for channel in google_monitoring_notification_channel.email : channel.id], 0, min(5, length(var.alert_emails)))
    disable_default_iam_recipients   = false
  }
}
