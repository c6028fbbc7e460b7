# Every variable of the project, once: the root's variables.tf is a link to this file, so that a wrong value is refused
# where it is given, and `terraform test` can show it here without a provider.

variable "project_id" {
  description = "Google Cloud project that everything lies in; one for each environment. There is no default."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be a project's id: 6 to 30 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "project_number" {
  description = "Number of the same project, of which the names of Google's service agents are made: gcloud projects describe PROJECT --format='value(projectNumber)'. There is no default."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[1-9][0-9]{5,18}$", var.project_number))
    error_message = "project_number must be a project's number: digits only, as text."
  }
}

variable "environment" {
  description = "Which of the two environments this is; it is a label of every resource."
  type        = string
  default     = "preview"
  nullable    = false

  validation {
    condition     = contains(["preview", "production"], var.environment)
    error_message = "environment must be preview or production."
  }
}

variable "prefix" {
  description = "First part of every name. Bucket names are shared by the whole world, so a company sets its own."
  type        = string
  default     = "tintype"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,16}[a-z0-9]$", var.prefix)) && !startswith(var.prefix, "goog") && !strcontains(var.prefix, "--")
    error_message = "prefix must be a name that buckets may begin with: 3 to 18 lower-case letters, digits and single hyphens, beginning with a letter and not with goog."
  }
}

variable "region" {
  description = "Region of the processor, the bridge, BigQuery and the messages; it lies in bucket_location."
  type        = string
  default     = "europe-west4"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+(-[a-z]+)+[0-9]{1,2}$", var.region))
    error_message = "region must be a region of Google Cloud, such as europe-west4."
  }
}

variable "edge_url" {
  description = "Address of the edge, such as https://images.example.com: records of rejected images are pushed to it, so that what broke its declaration counts against the tenant's day. Empty for none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.edge_url == "" || can(regex("^https://[a-z0-9.-]+$", var.edge_url))
    error_message = "edge_url must be https:// and a host's name without a path, or empty."
  }
}

variable "profile" {
  description = "economical: raw images in one region, everything else in two, Google's own keys. resilient: everything in two regions, the project's own keys. What each costs and loses with a region: docs/decisions/profiles.md. It is chosen before the first apply: a bucket cannot move."
  type        = string
  default     = "economical"
  nullable    = false

  validation {
    condition     = contains(["economical", "resilient"], var.profile)
    error_message = "profile must be economical or resilient."
  }
}

locals {
  # The regions that each location of buckets in two of them is made of.
  dual_regions = {
    ASIA1 = ["asia-northeast1", "asia-northeast2"]
    EUR4  = ["europe-north1", "europe-west4"]
    EUR5  = ["europe-west1", "europe-west2"]
    EUR7  = ["europe-west2", "europe-west3"]
    EUR8  = ["europe-west3", "europe-west6"]
    NAM4  = ["us-central1", "us-east1"]
  }
}

variable "bucket_location" {
  description = "Location of the buckets that lie in two regions (which, is the profile's): a dual-region (EUR4, EUR5, EUR7, EUR8, NAM4, ASIA1), or a region in capitals where one is enough."
  type        = string
  default     = "EUR4"
  nullable    = false

  validation {
    condition = contains(
      lookup(local.dual_regions, var.bucket_location, [lower(var.bucket_location)]),
      var.region,
    ) && upper(var.bucket_location) == var.bucket_location
    error_message = "bucket_location must be a dual-region that region is a part of (EUR4 holds europe-north1 and europe-west4), or region itself in capitals."
  }
}

variable "turbo_replication" {
  description = "Whether objects are copied to the second region within 15 minutes instead of usually 12 hours at most. It costs more for each byte written; single regions must leave it off."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.turbo_replication || upper(var.region) != var.bucket_location
    error_message = "turbo_replication needs a bucket_location of two regions."
  }
}

variable "certificates_locked" {
  description = "Whether the retention of certificates is locked. A lock cannot be taken back and the bucket cannot be deleted while a certificate is younger than its 400 days."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.certificates_locked || var.environment == "production"
    error_message = "certificates_locked is for production: a lock would keep a preview's bucket for 400 days."
  }
}

variable "retention" {
  description = "The retention policy in Google's units, generated from core/retention/policy.json into retention.auto.tfvars.json. Never set by hand."
  type = object({
    period_ms                      = number
    lifecycle_days                 = number
    soft_delete_seconds            = number
    abort_multipart_days           = number
    events_retention               = string
    webhooks_retention             = string
    dead_letters_retention         = string
    kafka_source_retention_ms      = number
    kafka_dead_letter_retention_ms = number
    kafka_redrive_retention_ms     = number
    kafka_segment_ms               = number
    partition_expiration_ms        = number
    max_time_travel_hours          = number
    purges_retention_days          = number
    scheduled_delete_schedule      = string
    sweep_schedule                 = string
    erasures_schedule              = string
    repair_schedule                = string
    overdue_alert_seconds          = number
    log_retention_days             = number
  })
  nullable = false

  validation {
    condition     = var.retention.period_ms >= 10000 && var.retention.period_ms <= 604800000
    error_message = "retention.period_ms must be from 10 seconds to a week, in milliseconds: a retention of 0 keeps nothing, and resumable sessions of Google end after a week."
  }
  validation {
    condition     = var.retention.lifecycle_days == ceil(var.retention.period_ms / 86400000)
    error_message = "retention.lifecycle_days must be the period in days, rounded up."
  }
  validation {
    condition     = var.retention.soft_delete_seconds == 0
    error_message = "retention.soft_delete_seconds must be 0: soft-deleted objects would outlive their retention period."
  }
  validation {
    condition     = var.retention.abort_multipart_days >= 1 && var.retention.abort_multipart_days <= var.retention.lifecycle_days
    error_message = "retention.abort_multipart_days must be from 1 to lifecycle_days."
  }
  validation {
    condition     = can(regex("^[1-9][0-9]*s$", var.retention.events_retention)) && try(tonumber(trimsuffix(var.retention.events_retention, "s")) >= 600 && tonumber(trimsuffix(var.retention.events_retention, "s")) <= 604800, false)
    error_message = "retention.events_retention must be from 600s to 604800s."
  }
  validation {
    condition     = can(regex("^[1-9][0-9]*s$", var.retention.webhooks_retention)) && try(tonumber(trimsuffix(var.retention.webhooks_retention, "s")) >= 600 && tonumber(trimsuffix(var.retention.webhooks_retention, "s")) <= 604800, false)
    error_message = "retention.webhooks_retention must be from 600s to 604800s."
  }
  validation {
    condition     = can(regex("^[1-9][0-9]*s$", var.retention.dead_letters_retention)) && try(tonumber(trimsuffix(var.retention.dead_letters_retention, "s")) >= 600 && tonumber(trimsuffix(var.retention.dead_letters_retention, "s")) <= 604800, false)
    error_message = "retention.dead_letters_retention must be from 600s to 604800s."
  }
  validation {
    condition = alltrue([
      for pair in [
        [var.retention.kafka_source_retention_ms, var.retention.kafka_dead_letter_retention_ms],
        [var.retention.kafka_source_retention_ms, var.retention.kafka_redrive_retention_ms],
      ] : pair[0] > 0 && pair[1] > 0 && pair[0] + pair[1] + 2 * var.retention.kafka_segment_ms < var.retention.period_ms
    ]) && var.retention.kafka_segment_ms > 0
    error_message = "retention of Kafka's topics must be positive, and source and dead letters (or redrive) with a segment each must stay below the period together."
  }
  validation {
    condition     = var.retention.partition_expiration_ms >= var.retention.period_ms + 86400000
    error_message = "retention.partition_expiration_ms must be a day longer than the period: it counts from the partition's start."
  }
  validation {
    condition     = contains([48, 72, 96, 120, 144, 168], var.retention.max_time_travel_hours)
    error_message = "retention.max_time_travel_hours must be 48, 72, 96, 120, 144 or 168."
  }
  validation {
    condition     = var.retention.purges_retention_days >= 30
    error_message = "retention.purges_retention_days must be at least 30: certificates are what an audit reads."
  }
  validation {
    condition     = var.retention.log_retention_days >= 1 && var.retention.log_retention_days <= 7
    error_message = "retention.log_retention_days must be from 1 to 7."
  }
  validation {
    condition     = var.retention.overdue_alert_seconds > 0
    error_message = "retention.overdue_alert_seconds must be positive."
  }
}

variable "cors_origins" {
  description = "Origins of the web pages that upload to and read from the buckets, such as https://app.example.com; none where there are only native apps."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https://[a-z0-9.-]+(:[0-9]{1,5})?$", origin))])
    error_message = "cors_origins must be origins such as https://app.example.com: https, no path, no star."
  }
}

variable "processor_digest" {
  description = "Digest of the processor's image in this project's registry; deploy fills it in. There is no default, as an image is named by what is in it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.processor_digest))
    error_message = "processor_digest must be sha256: and 64 hexadecimal digits."
  }
}

variable "bridge_digest" {
  description = "Digest of the bridge's image in this project's registry; deploy fills it in. There is no default."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.bridge_digest))
    error_message = "bridge_digest must be sha256: and 64 hexadecimal digits."
  }
}

variable "processor" {
  description = "Size of the processor. Two processors and 3 GiB hold four pixel processes: 155 CPU milliseconds an image, 774 MiB at most for 100 megapixels (docs/performance.md). Four at least, as one is kept for tenants that hold none (docs/decisions/fair_share.md). pipeline is the company's own: a module of this project, such as mine/pipeline.ts, or the folder of a package, such as ../faces, with which the image is built (docs/processing.md); empty for none. egress is what it connects to: google (Google's APIs alone) or internet. otlp_endpoint is the OpenTelemetry collector that takes its traces, which needs internet; empty for none. ceiling is how far operators may raise max_instances without a deployment, within the region's quota; left out, not at all."
  type = object({
    max_instances   = optional(number, 100)
    ceiling         = optional(number)
    cpu             = optional(number, 2)
    memory_mib      = optional(number, 3072)
    pixel_processes = optional(number, 4)
    codec           = optional(string, "sharp")
    pipeline        = optional(string, "")
    egress          = optional(string, "google")
    otlp_endpoint   = optional(string, "")
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.processor.max_instances >= 1 && var.processor.max_instances <= 1000
    error_message = "processor.max_instances must be from 1 to 1000: it bounds what a flood can cost."
  }
  validation {
    condition     = var.processor.ceiling == null || try(var.processor.ceiling >= var.processor.max_instances && var.processor.ceiling <= 1000, false)
    error_message = "processor.ceiling must be from max_instances to 1000."
  }
  validation {
    condition     = contains([1, 2, 4, 6, 8], var.processor.cpu)
    error_message = "processor.cpu must be 1, 2, 4, 6 or 8."
  }
  validation {
    condition     = var.processor.memory_mib >= 1024 && var.processor.memory_mib <= 32768 && var.processor.memory_mib >= 512 * var.processor.pixel_processes
    error_message = "processor.memory_mib must be from 1024 to 32768 and at least 512 for each pixel process."
  }
  validation {
    condition     = var.processor.pixel_processes >= 4 && var.processor.pixel_processes <= 30
    error_message = "processor.pixel_processes must be from 4 to 30: a quarter of them is a tenant's share, and 33 requests for each are the concurrency, of which Cloud Run takes 1000."
  }
  validation {
    condition     = contains(["sharp", "imagescript"], var.processor.codec)
    error_message = "processor.codec must be sharp or imagescript."
  }
  validation {
    condition     = can(regex("^(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?)?$", var.processor.otlp_endpoint))
    error_message = "processor.otlp_endpoint must be a collector's address without a path, such as https://otel.example.com:4318, or empty."
  }
  validation {
    condition     = contains(["google", "internet"], var.processor.egress) && (var.processor.otlp_endpoint == "" || var.processor.egress == "internet")
    error_message = "processor.egress must be google or internet, and internet with an otlp_endpoint, which google does not reach."
  }
}

variable "keeper" {
  description = "The keeper, which runs the processor's image: its size, what it connects to (google: Google's APIs alone, or internet), how many instances share a sweep's work, the number of the pseudonym key that days made from now on use, and how old a row must be before it can be deleted, in milliseconds (0, unless BigQuery refuses younger ones)."
  type = object({
    max_instances = optional(number, 4)
    sweep_parts   = optional(number, 1)
    cpu           = optional(number, 1)
    memory_mib    = optional(number, 1024)
    egress        = optional(string, "google")
    pseudonym_key = optional(number, 1)
    settle_ms     = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.keeper.sweep_parts >= 1 && var.keeper.sweep_parts <= 32 && floor(var.keeper.sweep_parts) == var.keeper.sweep_parts
    error_message = "keeper.sweep_parts must be a whole number from 1 to 32: names have 32 shards."
  }
  validation {
    condition     = var.keeper.max_instances >= var.keeper.sweep_parts + 3 && var.keeper.max_instances <= 100
    error_message = "keeper.max_instances must be from sweep_parts + 3 to 100: each part of a sweep has an instance of its own, and so has each other job."
  }
  validation {
    condition     = contains([1, 2, 4], var.keeper.cpu)
    error_message = "keeper.cpu must be 1, 2 or 4."
  }
  validation {
    condition     = var.keeper.memory_mib >= 512 && var.keeper.memory_mib <= 16384
    error_message = "keeper.memory_mib must be from 512 to 16384."
  }
  validation {
    condition     = contains(["google", "internet"], var.keeper.egress)
    error_message = "keeper.egress must be google or internet."
  }
  validation {
    condition     = var.keeper.pseudonym_key >= 1 && var.keeper.pseudonym_key <= 999999 && floor(var.keeper.pseudonym_key) == var.keeper.pseudonym_key
    error_message = "keeper.pseudonym_key must be the number of a key in PSEUDONYM_KEYS: a whole number from 1 to 999999."
  }
  validation {
    condition     = var.keeper.settle_ms >= 0 && var.keeper.settle_ms <= 86400000
    error_message = "keeper.settle_ms must be from 0 to a day, in milliseconds."
  }
}

variable "metrics_sidecar" {
  description = "Sidecar of the three services that scrapes /metrics each 30 s into Managed Prometheus: Google's cloud-run-gmp-sidecar, by digest. Empty: the dashboard of infra/grafana has Google's own metrics alone."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.metrics_sidecar == "" || can(regex("^[a-z0-9./-]+@sha256:[0-9a-f]{64}$", var.metrics_sidecar))
    error_message = "metrics_sidecar must be an image by digest: HOST/PATH@sha256:64 hexadecimal digits."
  }
}

variable "webhooks" {
  description = "The webhook dispatcher, which runs the processor's image: its size. An instance sends 64 webhooks at once."
  type = object({
    max_instances = optional(number, 10)
    cpu           = optional(number, 1)
    memory_mib    = optional(number, 512)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.webhooks.max_instances >= 1 && var.webhooks.max_instances <= 100
    error_message = "webhooks.max_instances must be from 1 to 100."
  }
  validation {
    condition     = contains([1, 2, 4], var.webhooks.cpu)
    error_message = "webhooks.cpu must be 1, 2 or 4."
  }
  validation {
    condition     = var.webhooks.memory_mib >= 512 && var.webhooks.memory_mib <= 4096
    error_message = "webhooks.memory_mib must be from 512 to 4096."
  }
}

variable "bridge" {
  description = "The Kafka source. brokers names a managed cluster (host:port); with self_managed_kafka it stays empty. private_endpoints reaches the managed cluster by Private Service Connect instead of Cloud NAT, which costs four times as much a byte: the domain of its brokers, and its service attachment by zone (a, b, c; or one). private_ca: its certificates are by an authority of its own; client_certificate: it wants one of the bridge, with SASL or (sasl_mechanism none) without; with oauthbearer sasl_username is the client's id, the password its secret. Password, certificates and key lie in Secret Manager, never here. otlp_endpoint is the OpenTelemetry collector that takes the bridge's traces; empty for none. metrics_collector scrapes each member's /metrics each 30 s into Managed Prometheus: Google's opentelemetry-collector, by digest; empty for none."
  type = object({
    enabled            = optional(bool, true)
    instances          = optional(number, 2)
    machine_type       = optional(string, "e2-small")
    budget_mib         = optional(number, 48)
    brokers            = optional(list(string), [])
    cluster            = optional(string, "main")
    topics             = optional(list(string), ["images"])
    dead_letter_topic  = optional(string, "images.dlq")
    group              = optional(string, "tintype-bridge")
    sasl_mechanism     = optional(string, "plain")
    sasl_username      = optional(string, "tintype-bridge")
    oauth_token_url    = optional(string, "")
    oauth_scope        = optional(string, "")
    oauth_extensions   = optional(string, "")
    private_ca         = optional(bool, false)
    client_certificate = optional(bool, false)
    otlp_endpoint      = optional(string, "")
    metrics_collector  = optional(string, "")
    private_endpoints  = optional(object({ domain = string, attachments = map(string) }))
  })
  default  = { enabled = false }
  nullable = false

  validation {
    condition     = var.bridge.instances >= 1 && var.bridge.instances <= 128
    error_message = "bridge.instances must be from 1 to 128; more than the topics have partitions idle."
  }
  validation {
    condition     = can(regex("^[a-z][a-z0-9]*-[a-z0-9-]+$", var.bridge.machine_type))
    error_message = "bridge.machine_type must be a machine type, such as e2-small."
  }
  validation {
    condition     = var.bridge.budget_mib >= 4 && var.bridge.budget_mib <= 1024
    error_message = "bridge.budget_mib must be from 4 to 1024."
  }
  validation {
    condition     = alltrue([for broker in var.bridge.brokers : can(regex("^[A-Za-z0-9.-]+:[0-9]{2,5}$", broker))])
    error_message = "bridge.brokers must be host:port."
  }
  validation {
    condition     = !var.bridge.enabled || (length(var.bridge.brokers) > 0) != var.self_managed_kafka.enabled
    error_message = "bridge.brokers must name the cluster, or self_managed_kafka.enabled must be true, and not both."
  }
  validation {
    condition = var.bridge.private_endpoints == null || (!var.self_managed_kafka.enabled && alltrue([
      for broker in var.bridge.brokers : endswith(split(":", broker)[0], ".${try(var.bridge.private_endpoints.domain, "")}")
      ]) && length(try(var.bridge.private_endpoints.attachments, {})) > 0 && alltrue([
      for zone, attachment in try(var.bridge.private_endpoints.attachments, {}) :
      can(regex("^[a-z]$", zone)) && can(regex("^projects/[a-z0-9-]+/regions/${var.region}/serviceAttachments/[a-z0-9-]+$", attachment))
    ]))
    error_message = "bridge.private_endpoints must hold the domain that bridge.brokers lie in and, by zone (a, b, c), service attachments projects/P/regions/REGION/serviceAttachments/NAME of this region; self_managed_kafka has none."
  }
  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,64}$", var.bridge.cluster))
    error_message = "bridge.cluster must have 1 to 64 letters, digits, dots, underscores and hyphens; image ids are derived from it, so it never changes."
  }
  validation {
    condition     = length(var.bridge.topics) > 0 && !contains(var.bridge.topics, var.bridge.dead_letter_topic) && alltrue([for topic in concat(var.bridge.topics, [var.bridge.dead_letter_topic]) : can(regex("^[A-Za-z0-9._-]{1,200}$", topic)) && !endswith(topic, ".redrive")])
    error_message = "bridge.topics must be names of topics, not the dead-letter topic and none that ends in .redrive."
  }
  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,200}$", var.bridge.group))
    error_message = "bridge.group must have 1 to 200 letters, digits, dots, underscores and hyphens."
  }
  validation {
    condition     = contains(["plain", "scram-sha-256", "scram-sha-512", "oauthbearer", "none"], var.bridge.sasl_mechanism)
    error_message = "bridge.sasl_mechanism must be plain, scram-sha-256, scram-sha-512, oauthbearer, or none."
  }
  validation {
    condition     = (var.bridge.sasl_mechanism == "oauthbearer") == can(regex("^https://[^\\s]+$", var.bridge.oauth_token_url))
    error_message = "bridge.oauth_token_url must be the token endpoint (https://…) with sasl_mechanism oauthbearer, and empty without."
  }
  validation {
    condition     = var.bridge.sasl_mechanism != "none" || var.bridge.client_certificate
    error_message = "bridge.sasl_mechanism must not be none without bridge.client_certificate: Kafka must learn who the bridge is."
  }
  validation {
    condition     = var.bridge.sasl_mechanism == "none" || can(regex("^[^\\s]+$", var.bridge.sasl_username))
    error_message = "bridge.sasl_username must be a user's name, without spaces."
  }
  validation {
    condition     = !var.self_managed_kafka.enabled || (var.bridge.sasl_mechanism == "plain" && var.bridge.sasl_username == "tintype-bridge" && !var.bridge.client_certificate)
    error_message = "bridge.sasl_mechanism, sasl_username and client_certificate must stay plain, tintype-bridge and false with self_managed_kafka, whose nodes take nothing else."
  }
  validation {
    condition     = can(regex("^(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?)?$", var.bridge.otlp_endpoint))
    error_message = "bridge.otlp_endpoint must be a collector's address without a path, such as https://otel.example.com:4318, or empty."
  }
  validation {
    condition     = var.bridge.metrics_collector == "" || can(regex("^[a-z0-9./-]+@sha256:[0-9a-f]{64}$", var.bridge.metrics_collector))
    error_message = "bridge.metrics_collector must be an image by digest: HOST/PATH@sha256:64 hexadecimal digits."
  }
}

variable "self_managed_kafka" {
  description = "Three Kafka nodes of the project's own, for those without a managed cluster. image is a Kafka image of your registry by digest."
  type = object({
    enabled      = optional(bool, false)
    image        = optional(string, "")
    machine_type = optional(string, "e2-standard-2")
    disk_gib     = optional(number, 200)
  })
  default  = {}
  nullable = false

  validation {
    condition     = !var.self_managed_kafka.enabled || can(regex("^[a-z0-9.-]+/[A-Za-z0-9./_-]+@sha256:[0-9a-f]{64}$", var.self_managed_kafka.image))
    error_message = "self_managed_kafka.image must be an image by digest: registry/name@sha256:…"
  }
  validation {
    condition     = can(regex("^[a-z][a-z0-9]*-[a-z0-9-]+$", var.self_managed_kafka.machine_type))
    error_message = "self_managed_kafka.machine_type must be a machine type, such as e2-standard-2."
  }
  validation {
    condition     = var.self_managed_kafka.disk_gib >= 10 && var.self_managed_kafka.disk_gib <= 65536
    error_message = "self_managed_kafka.disk_gib must be from 10 to 65536."
  }
}

variable "analysts" {
  description = "Who may read the views: groups or users, such as group:analysts@example.com."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.analysts : can(regex("^(group|user):[^@\\s:]+@[^@\\s:]+\\.[a-z]+$", member))])
    error_message = "analysts must be group:NAME@DOMAIN or user:NAME@DOMAIN; allUsers and domains are refused."
  }
}

variable "tenant_analysts" {
  description = "Who may read the shared views, each the tenants that `deno task analysts` grants: groups or users."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.tenant_analysts : can(regex("^(group|user):[^@\\s:]+@[^@\\s:]+\\.[a-z]+$", member))])
    error_message = "tenant_analysts must be group:NAME@DOMAIN or user:NAME@DOMAIN; allUsers and domains are refused."
  }
}

variable "auditors" {
  description = "Who may run the audit: groups or users that can list the buckets, read certificates and query BigQuery."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.auditors : can(regex("^(group|user):[^@\\s:]+@[^@\\s:]+\\.[a-z]+$", member))])
    error_message = "auditors must be group:NAME@DOMAIN or user:NAME@DOMAIN."
  }
}

variable "operators" {
  description = "Who operates it: groups or users that run the keeper's jobs, upload tenants' objects, move traffic, read logs and metrics, and reach the bridge by IAP."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.operators : can(regex("^(group|user):[^@\\s:]+@[^@\\s:]+\\.[a-z]+$", member))])
    error_message = "operators must be group:NAME@DOMAIN or user:NAME@DOMAIN."
  }
}

variable "alert_emails" {
  description = "Addresses that alerts go to; at least one, or nobody learns of them. There is no default."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.alert_emails) > 0 && alltrue([for email in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[a-z]+$", email))])
    error_message = "alert_emails must hold at least one e-mail address, such as oncall@example.com."
  }
}

variable "pager_channels" {
  description = "Notification channels that page, beside the e-mail, for what cannot wait (severity CRITICAL): PagerDuty, the mobile app, SMS, a webhook. Made by hand in Cloud Monitoring, as their keys must not stand in Terraform's state."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for channel in var.pager_channels : can(regex("^projects/[a-z0-9-]+/notificationChannels/[0-9]+$", channel))])
    error_message = "pager_channels must be projects/PROJECT/notificationChannels/NUMBER: gcloud beta monitoring channels list."
  }
}

variable "recoverers" {
  description = "People who may read the pseudonym keys to set them again where the worker or its account is lost; each read alerts. Production needs two, none may be a group."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.recoverers : can(regex("^user:[^@\\s:]+@[^@\\s:]+\\.[a-z]+$", member))]) && (var.environment != "production" || length(distinct(var.recoverers)) >= 2)
    error_message = "recoverers must be user:NAME@DOMAIN, and two different ones in production: whoever is ill or gone must not be the only one."
  }
}

variable "budget" {
  description = "Monthly budget whose half, nine tenths and whole are reported by e-mail; billing_account in the form 000000-000000-000000, empty for no budget."
  type = object({
    billing_account = optional(string, "")
    amount          = optional(number, 500)
    currency        = optional(string, "EUR")
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.budget.billing_account == "" || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account))
    error_message = "budget.billing_account must be of the form 012345-6789AB-CDEF01, or empty."
  }
  validation {
    condition     = var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount
    error_message = "budget.amount must be a whole number of at least 1."
  }
  validation {
    condition     = can(regex("^[A-Z]{3}$", var.budget.currency))
    error_message = "budget.currency must be a currency's three letters, such as EUR."
  }
}

variable "github_repository_id" {
  description = "Number of the repository whose workflows may deploy (gh api repos/OWNER/NAME --jq .id), as text; empty where nothing deploys from GitHub."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^([1-9][0-9]{0,18})?$", var.github_repository_id))
    error_message = "github_repository_id must be a repository's number, as text, or empty."
  }
}
