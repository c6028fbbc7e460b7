# One page that answers: do images come through, how fast, and does everything go away?

locals {
  charts = concat([
    { title = "Events delivered and refused", filter = "metric.type=\"pubsub.googleapis.com/subscription/push_request_count\" resource.type=\"pubsub_subscription\"", aligner = "ALIGN_RATE", by = ["metric.label.response_class"] },
    { title = "Oldest event that waits (s)", filter = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" resource.type=\"pubsub_subscription\"", aligner = "ALIGN_MAX", by = ["resource.label.subscription_id"] },
    { title = "Processor: responses by class", filter = "metric.type=\"run.googleapis.com/request_count\" resource.type=\"cloud_run_revision\" resource.label.service_name=\"${module.contract.services.processor.name}\"", aligner = "ALIGN_RATE", by = ["metric.label.response_code_class"] },
    { title = "Processor: instances", filter = "metric.type=\"run.googleapis.com/container/instance_count\" resource.type=\"cloud_run_revision\" resource.label.service_name=\"${module.contract.services.processor.name}\"", aligner = "ALIGN_MAX", by = ["metric.label.state"] },
    { title = "Records that wait for BigQuery", filter = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" resource.type=\"pubsub_subscription\" resource.label.subscription_id=monitoring.regex.full_match(\"${join("|", [for role in keys(local.rows) : module.contract.subscriptions[role]])}\")", aligner = "ALIGN_MAX", by = ["resource.label.subscription_id"] },
    { title = "Keeper: jobs by response class", filter = "metric.type=\"run.googleapis.com/request_count\" resource.type=\"cloud_run_revision\" resource.label.service_name=\"${module.contract.services.keeper.name}\"", aligner = "ALIGN_DELTA", by = ["metric.label.response_code_class"] },
    { title = "Objects kept, by bucket", filter = "metric.type=\"storage.googleapis.com/storage/v2/total_count\" resource.type=\"gcs_bucket\"", aligner = "ALIGN_MEAN", by = ["resource.label.bucket_name"] },
    { title = "Sweeps with a certificate", filter = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.metric["certificates"].name}\" resource.type=\"cloud_run_revision\"", aligner = "ALIGN_DELTA", by = [] },
    { title = "Synthetic images that became ready", filter = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.metric["synthetic"].name}\" resource.type=\"cloud_run_revision\"", aligner = "ALIGN_DELTA", by = [] },
    ], module.contract.has_bridge ? [
    { title = "Kafka bridge: records that are not durable yet", filter = "metric.type=\"${local.lag_metric}\" resource.type=\"gce_instance\"", aligner = "ALIGN_MAX", by = ["resource.label.instance_id"] },
  ] : [])
}

resource "google_monitoring_dashboard" "tintype" {
  dashboard_json = jsonencode({
    displayName = "Tintype (${var.environment})"
    labels      = { for key, value in module.contract.labels : "${key}-${value}" => "" }
    gridLayout = {
      columns = "2"
      widgets = [for chart in local.charts : {
        title = chart.title
        xyChart = {
          dataSets = [{
            plotType   = "LINE"
            targetAxis = "Y1"
            timeSeriesQuery = {
              timeSeriesFilter = {
                filter = chart.filter
                aggregation = {
                  alignmentPeriod    = "60s"
                  perSeriesAligner   = chart.aligner
                  crossSeriesReducer = "REDUCE_SUM"
                  groupByFields      = chart.by
                }
              }
            }
          }]
        }
      }]
    }
  })

  depends_on = [google_project_service.api]
}
