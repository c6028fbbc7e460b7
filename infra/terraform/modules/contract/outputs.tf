output "buckets" {
  description = "Name of each bucket by what it holds: raw, processed, erasures, certificates, config."
  value       = local.buckets
}

output "locations" {
  description = "Where each bucket but the configuration's lies, and its replication; null in a single region."
  value       = local.locations
}

output "has_own_keys" {
  description = "Whether everything lies under the project's own keys, instead of Google's."
  value       = local.profile.has_own_keys
}

output "everyday_access" {
  description = "Filter of what services do in their own buckets and of what the edge signs for end users, which the log bucket leaves out of the data access logs."
  value       = "log_id(\"cloudaudit.googleapis.com/data_access\") AND ((NOT protoPayload.status.code>0 AND (${join(" OR ", local.everyday)})) OR ${join(" OR ", local.signed)})"
}

output "kms_location" {
  description = "Location of the buckets' key, where there is one; it must be that of the buckets."
  value       = local.kms_location
}

output "config_bucket" {
  description = "Where the configuration bucket and its key lie: always in two regions at least."
  value       = { location = local.config_location, kms_location = local.config_kms_location }
}

output "second_region" {
  description = "Where secrets lie beside the region."
  value       = local.second_region
}

output "dataset" {
  description = "The dataset; a project holds one environment, so it needs no prefix."
  value       = local.dataset
}

output "topics" {
  description = "Name of each topic: events and their dead letters, slow lanes and theirs, records of images and of certificates and theirs, webhooks, theirs and their slow lanes."
  value       = local.topics
}

output "slow_lanes" {
  description = "Keys of the slow lanes in topics and subscriptions."
  value       = local.slow_lanes
}

output "webhook_lanes" {
  description = "Keys of the slow lanes of webhooks in topics and subscriptions."
  value       = local.webhook_lanes
}

output "processor_concurrency" {
  description = "Requests of an instance of the processor: its slots and its waiting room."
  value       = 11 * local.processor_slots
}

output "subscriptions" {
  description = "Name of each subscription: pushes of events, slow lanes and dead letters, rows for BigQuery, results for Kafka, records' dead letters."
  value       = local.subscriptions
}

output "services" {
  description = "Name and address of each service: processor, keeper, webhooks."
  value       = local.services
}

output "keeper_command" {
  description = "The keeper's program in the processor's image, with the flags of processor/permissions.ts: it calls itself for the parts of a sweep."
  value       = jsondecode(replace(file("${path.module}/keeper_command.json"), "keeper.invalid", trimprefix(local.services.keeper.url, "https://")))
}

output "webhooks_command" {
  description = "The webhook dispatcher's program in the processor's image, with the flags of processor/permissions.ts."
  value       = jsondecode(file("${path.module}/webhooks_command.json"))
}

output "webhooks_env" {
  description = "Environment of the webhook dispatcher without its secret (processor/webhooks_env.ts)."
  value = {
    CONFIG_BUCKET        = local.buckets.config
    GOOGLE_CLOUD_PROJECT = var.project_id
    AUDIENCE             = local.services.webhooks.url
    PUSH_SERVICE_ACCOUNT = local.emails.push
    WEBHOOKS_TOPIC       = local.topics.webhooks
  }
}

output "agents" {
  description = "Google's own accounts in this project, which use the keys and deliver the messages."
  value       = local.agents
}

output "registry" {
  description = "Address of the registry; an image is registry/name@digest."
  value       = local.registry
}

output "images" {
  description = "Image of each container, by digest."
  value = {
    processor = "${local.registry}/processor@${var.processor_digest}"
    bridge    = "${local.registry}/bridge@${var.bridge_digest}"
  }
}

output "metrics_sidecars" {
  description = "The image of the sidecar that scrapes a service, where there is one."
  value       = var.metrics_sidecar == "" ? [] : [var.metrics_sidecar]
}

output "labels" {
  description = "Labels of every resource."
  value       = { app = "tintype", environment = var.environment, managed-by = "terraform" }
}

output "accounts" {
  description = "Service account of each identity, with the reason why it is there."
  value = {
    for name, account in local.accounts : name => {
      id    = account
      email = local.emails[name]
      name  = "projects/${var.project_id}/serviceAccounts/${local.emails[name]}"
      title = local.identities[name].title
      why   = local.identities[name].why
    }
  }
}

output "verbs" {
  description = "The custom role of each verb that is granted: its title and permissions."
  value       = { for verb in distinct(local.grants[*].verb) : verb => local.rights.verbs[verb] }
}

output "grants" {
  description = "Grants by the kind of place they are made on: bucket, table, dataset, topic, subscription, project, service, account, secret, registry."
  value = {
    for kind in ["bucket", "table", "dataset", "topic", "subscription", "project", "service", "account", "secret", "registry"] :
    kind => { for grant in local.grants : grant.key => grant if grant.on == kind }
  }
}

output "secrets" {
  description = "Secrets that this environment has; their values are never in Terraform."
  value       = local.secrets
}

output "lifecycle_rules" {
  description = "Lifecycle of the buckets that hold images: the backstop behind the sweep."
  value = [
    { action = "Delete", days_since_custom_time = var.retention.lifecycle_days, age = null },
    { action = "Delete", days_since_custom_time = null, age = var.retention.lifecycle_days },
    { action = "AbortIncompleteMultipartUpload", days_since_custom_time = null, age = var.retention.abort_multipart_days },
  ]
}

output "processor_env" {
  description = "Environment of the processor (processor/env.ts)."
  value = merge(local.server_env, {
    RECORDS_TOPIC        = local.topics.images
    SLOW_TOPICS          = "${var.prefix}-slow"
    MAX_INSTANCES        = tostring(var.processor.max_instances)
    AUDIENCE             = local.services.processor.url
    PUSH_SERVICE_ACCOUNT = local.emails.push
    CODEC                = var.processor.codec
    PIXEL_PROCESSES      = tostring(var.processor.pixel_processes)
    }, var.processor.pipeline == "" ? {} : {
    # A package of its own lies in the image's folder `pipeline`, wherever it came from.
    PIPELINE = endswith(var.processor.pipeline, ".ts") ? var.processor.pipeline : "pipeline"
    },
    # Traces only: logs stay in their own bucket, metrics are at /metrics.
    var.processor.otlp_endpoint == "" ? {} : {
      OTEL_DENO                   = "true"
      OTEL_DENO_CONSOLE           = "ignore"
      OTEL_DENO_METRICS           = "false"
      OTEL_SERVICE_NAME           = "processor"
      OTEL_EXPORTER_OTLP_ENDPOINT = var.processor.otlp_endpoint
  })
}

output "keeper_env" {
  description = "Environment of the keeper (processor/keeper_env.ts)."
  value = merge(local.server_env, {
    CERTIFICATES_BUCKET       = local.buckets.certificates
    DATASET                   = local.dataset
    EVENTS_TOPIC              = local.topics.events
    CERTIFICATES_TOPIC        = local.topics.certificates
    AUDIENCE                  = local.services.keeper.url
    SCHEDULER_SERVICE_ACCOUNT = local.emails.scheduler
    KEEPER_SERVICE_ACCOUNT    = local.emails.keeper
    SWEEP_PARTS               = tostring(var.keeper.sweep_parts)
    # Slow lanes of events are those whose key begins so.
    EVENT_SUBSCRIPTIONS = join(",", [for role, name in local.subscriptions : name if role == "events" || startswith(role, "slow-")])
    PSEUDONYM_KEY       = tostring(var.keeper.pseudonym_key)
    SETTLE_MS           = tostring(var.keeper.settle_ms)
  })
}

output "keeper_secrets" {
  description = "Secret whose newest version each of the keeper's other variables is (processor/keeper_env.ts)."
  value = {
    CERTIFICATE_KEY = "${var.prefix}-certificate-key"
    PSEUDONYM_KEYS  = "${var.prefix}-pseudonym-keys"
  }
}

output "bridge_env" {
  description = "Environment of the bridge without its secrets (kafka-bridge/config/env.ts)."
  value = merge({
    HOST                    = "0.0.0.0"
    PORT                    = "8081"
    KAFKA_BROKERS           = join(",", local.brokers)
    KAFKA_TLS               = "true"
    KAFKA_CLUSTER           = var.bridge.cluster
    KAFKA_TOPICS            = join(",", var.bridge.topics)
    KAFKA_DEAD_LETTER_TOPIC = var.bridge.dead_letter_topic
    KAFKA_GROUP             = var.bridge.group
    RAW_BUCKET              = local.buckets.raw
    CONFIG_BUCKET           = local.buckets.config
    RECORDS_TOPIC           = local.topics.images
    RESULTS_SUBSCRIPTION    = "${var.prefix}-images-results"
    GOOGLE_CLOUD_PROJECT    = var.project_id
    RETENTION_MS            = tostring(var.retention.period_ms)
    BUDGET_MIB              = tostring(var.bridge.budget_mib)
    }, local.has_sasl ? { KAFKA_SASL_MECHANISM = var.bridge.sasl_mechanism, KAFKA_SASL_USERNAME = var.bridge.sasl_username } : {},
    { for name, value in { KAFKA_OAUTH_TOKEN_URL = var.bridge.oauth_token_url, KAFKA_OAUTH_SCOPE = var.bridge.oauth_scope, KAFKA_OAUTH_EXTENSIONS = var.bridge.oauth_extensions } : name => value if value != "" },
  var.bridge.otlp_endpoint == "" ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT = var.bridge.otlp_endpoint })
}

output "bridge_secrets" {
  description = "Secret whose newest version each of the bridge's other variables is (kafka-bridge/config/env.ts)."
  value = {
    for variable, secret in {
      PSEUDONYM_KEYS      = "pseudonym-keys"
      KAFKA_SASL_PASSWORD = "kafka-password"
      KAFKA_TLS_CA        = "kafka-ca"
      KAFKA_TLS_CERT      = "kafka-cert"
      KAFKA_TLS_KEY       = "kafka-key"
    } : variable => "${var.prefix}-${secret}" if contains(local.secrets, secret)
  }
}

output "kafka_endpoints" {
  description = "The managed cluster's private endpoints: service attachment by the name of its endpoint, and the endpoints that each name of the domain resolves to."
  value = {
    domain      = try("${var.bridge.private_endpoints.domain}.", null)
    attachments = { for zone, attachment in local.kafka_attachments : "${var.prefix}-kafka-${zone}" => attachment }
    records = merge(
      length(local.kafka_attachments) == 0 ? {} : { "*" = [for zone in keys(local.kafka_attachments) : "${var.prefix}-kafka-${zone}"] },
      { for zone in keys(local.kafka_attachments) : "*.${var.region}-${zone}" => ["${var.prefix}-kafka-${zone}"] },
    )
  }
}

output "kafka_nodes" {
  description = "Host names of the self-managed Kafka nodes; none where a managed cluster is used."
  value       = local.has_kafka ? local.kafka_nodes : []
}

output "workflows" {
  description = "Service accounts that workflows become, deployer and planner: their roles on the project, and the GitHub environment of the runs."
  value = {
    for name, environment in { deployer = var.environment, planner = "${var.environment}-plan" } : name => {
      id                                = "${var.prefix}-${name}"
      email                             = "${var.prefix}-${name}@${var.project_id}.iam.gserviceaccount.com"
      name                              = "projects/${var.project_id}/serviceAccounts/${var.prefix}-${name}@${var.project_id}.iam.gserviceaccount.com"
      title                             = local.rights[name].title
      why                               = local.rights[name].why
      roles                             = local.rights[name].roles
      environment                       = environment
    }
  }
}

output "kafka_topics" {
  description = "Settings of each topic, for the team that creates it: kafka-topics.sh --create --topic NAME --config KEY=VALUE."
  value = {
    for name, retention_ms in merge(
      { for topic in var.bridge.topics : topic => var.retention.kafka_source_retention_ms },
      { for topic in var.bridge.topics : "${topic}.redrive" => var.retention.kafka_redrive_retention_ms },
      { for topic in var.bridge.topics : "${topic}.results" => var.retention.kafka_dead_letter_retention_ms },
      { (var.bridge.dead_letter_topic) = var.retention.kafka_dead_letter_retention_ms },
      ) : name => {
      "retention.ms"           = tostring(retention_ms)
      "segment.ms"             = tostring(var.retention.kafka_segment_ms)
      "message.timestamp.type" = "LogAppendTime"
      "max.message.bytes"      = "57671680"
    }
  }
}

output "has_bridge" {
  description = "Whether this environment has the Kafka source."
  value       = local.has_bridge
}

output "jobs" {
  description = "The keeper's jobs by name: schedule, why, and how long a call may take."
  value       = local.jobs
}

output "alerts" {
  description = "Alerts by name: title, severity, what to do, and either a PromQL query that must give nothing (for how long), or a filter of log lines that must not come."
  value = {
    for name, alert in local.alerts : name => {
      title    = alert.title
      severity = alert.severity
      advice   = alert.advice
      query    = try(alert.query, null)
      for      = try(alert.for, "0s")
      filter   = try(alert.filter, local.log_filters[name], null)
    }
  }
}

output "log_metrics" {
  description = "Counters of log lines that alerts read: filter and why."
  value       = { for name, metric in local.watch.metrics : name => { filter = local.log_filters[name], why = metric.why } }
}

output "views" {
  description = "The query of each view as BigQuery gets it."
  value       = local.views

  precondition {
    condition     = !strcontains(join("", values(local.views)), "?")
    error_message = "Cannot make views: they read each other in more than three steps. Give them fewer, or modules/contract/main.tf a fourth."
  }
}

output "shared_views" {
  description = "The query of each view that shows the caller's own tenants."
  value       = local.shared_views
}
