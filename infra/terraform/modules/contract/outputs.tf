output "buckets" {
  description = "Name of each bucket by what it holds: raw, processed, certificates."
  value       = local.buckets
}

output "bucket_rpo" {
  description = "Replication of the buckets; null in a single region."
  value       = upper(var.region) == var.bucket_location ? null : var.turbo_replication ? "ASYNC_TURBO" : "DEFAULT"
}

output "kms_location" {
  description = "Location of the buckets' key, which must be that of the buckets."
  value       = lookup(local.kms_locations, var.bucket_location, var.region)
}

output "dataset" {
  description = "The dataset; a project holds one environment, so it needs no prefix."
  value       = local.dataset
}

output "topics" {
  description = "Name of each topic: events, dead."
  value       = local.topics
}

output "service" {
  description = "Name and address of the processor's service."
  value       = { name = local.service, url = local.service_url }
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
  description = "Grants by the kind of place they are made on: bucket, table, topic, subscription, project, service, secret, registry."
  value = {
    for kind in ["bucket", "table", "topic", "subscription", "project", "service", "secret", "registry"] :
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
  value = merge({
    RAW_BUCKET                = local.buckets.raw
    PROCESSED_BUCKET          = local.buckets.processed
    CERTIFICATES_BUCKET       = local.buckets.certificates
    GOOGLE_CLOUD_PROJECT      = var.project_id
    DATASET                   = local.dataset
    PUSH_AUDIENCE             = local.service_url
    PUSH_SERVICE_ACCOUNT      = local.emails.push
    SCHEDULER_SERVICE_ACCOUNT = local.emails.scheduler
    RETENTION_MS              = tostring(var.retention.period_ms)
    TENANT_PLANS              = jsonencode(jsondecode(var.tenant_plans))
    CODEC                     = var.processor.codec
    PIXEL_PROCESSES           = tostring(var.processor.pixel_processes)
    }, var.processor.pipeline == "" ? {} : { PIPELINE = var.processor.pipeline },
    # Traces only: logs stay in their own bucket, metrics are at /metrics.
    var.processor.otlp_endpoint == "" ? {} : {
      OTEL_DENO                   = "true"
      OTEL_DENO_CONSOLE           = "ignore"
      OTEL_DENO_METRICS           = "false"
      OTEL_SERVICE_NAME           = "processor"
      OTEL_EXPORTER_OTLP_ENDPOINT = var.processor.otlp_endpoint
  })
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
    GOOGLE_CLOUD_PROJECT    = var.project_id
    RETENTION_MS            = tostring(var.retention.period_ms)
    TENANT_PLANS            = jsonencode(jsondecode(var.tenant_plans))
    BUDGET_MIB              = tostring(var.bridge.budget_mib)
    }, local.has_sasl ? { KAFKA_SASL_MECHANISM = var.bridge.sasl_mechanism, KAFKA_SASL_USERNAME = var.bridge.sasl_username } : {},
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

output "kafka_nodes" {
  description = "Host names of the self-managed Kafka nodes; none where a managed cluster is used."
  value       = local.has_kafka ? local.kafka_nodes : []
}

output "deployer" {
  description = "Service account of the deployment and its roles on the project."
  value = {
    id    = "${var.prefix}-deployer"
    email = "${var.prefix}-deployer@${var.project_id}.iam.gserviceaccount.com"
    name  = "projects/${var.project_id}/serviceAccounts/${var.prefix}-deployer@${var.project_id}.iam.gserviceaccount.com"
    title = local.rights.deployer.title
    why   = local.rights.deployer.why
    roles = local.rights.deployer.roles
  }
}

output "kafka_topics" {
  description = "Settings of each topic, for whoever makes it: kafka-topics.sh --create --topic NAME --config KEY=VALUE."
  value = {
    for name, retention_ms in merge(
      { for topic in var.bridge.topics : topic => var.retention.kafka_source_retention_ms },
      { for topic in var.bridge.topics : "${topic}.redrive" => var.retention.kafka_redrive_retention_ms },
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
  description = "Whether this environment has the Kafka door."
  value       = local.has_bridge
}
