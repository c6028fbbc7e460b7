# What can be derived without any provider: names, addresses, who may do what, the environment of each part.
# Variables come in through variables.tf, rights from rights.json, which the local storage enforces too.

terraform {
  required_version = ">= 1.9, < 2.0"
}

locals {
  kms_locations = { ASIA1 = "asia1", EUR4 = "eur4", EUR5 = "eur5", EUR7 = "eur7", EUR8 = "eur8", NAM4 = "nam4" }
  kms_location  = lookup(local.kms_locations, var.bucket_location, var.region)
  is_dual       = upper(var.region) != var.bucket_location

  # economical: raw in one region, Google's own keys. resilient: everything in two, the project's own keys
  # (docs/decisions/profiles.md). infra/cost/facts.ts bills both.
  profile = {
    economical = { is_raw_paired = false, has_own_keys = false }
    resilient  = { is_raw_paired = true, has_own_keys = true }
  }[var.profile]
  pair = { location = var.bucket_location, rpo = !local.is_dual ? null : var.turbo_replication ? "ASYNC_TURBO" : "DEFAULT" }
  locations = merge(
    { for role in ["processed", "erasures", "certificates"] : role => local.pair },
    { raw = local.profile.is_raw_paired ? local.pair : { location = upper(var.region), rpo = null } },
  )

  # The configuration bucket lies in two regions in every profile, as no image can be named without its day's salt: in the
  # buckets' own pair, else in the region's continent.
  continent = {
    asia   = { location = "ASIA", kms = "asia" }
    europe = { location = "EU", kms = "europe" }
    us     = { location = "US", kms = "us" }
  }[contains(["asia", "europe"], split("-", var.region)[0]) ? split("-", var.region)[0] : "us"]
  config_location     = local.is_dual ? var.bucket_location : local.continent.location
  config_kms_location = local.is_dual ? local.kms_location : local.continent.kms

  buckets = { for role in ["raw", "processed", "erasures", "certificates", "config"] : role => "${var.prefix}-${role}" }
  dataset = "tintype"
  # Slow lanes take what is beyond a tenant's share of the processor (core/fairness/slow_lane.ts).
  slow_lanes = [for lane in range(8) : "slow-${lane}"]
  topics = {
    for topic, name in merge(
      { events = "events", dead = "events-dead", images = "images", images_dead = "images-dead", certificates = "certificates", slow_dead = "slow-dead", canary = "canary" },
      { for lane in local.slow_lanes : lane => lane },
    ) : topic => "${var.prefix}-${name}"
  }
  subscriptions = {
    for subscription, name in merge({
      events       = "events"
      dead         = "events-dead"
      slow_dead    = "slow-dead"
      images       = "images-bigquery"
      certificates = "certificates-bigquery"
      images_dead  = "images-dead"
      canary       = "canary"
      }, { for lane in local.slow_lanes : lane => lane },
    var.edge_url == "" ? {} : { images_edge = "images-edge" }) : subscription => "${var.prefix}-${name}"
  }

  # With Cloud Run's deterministic address, so that a service can be given its own.
  services = {
    for service in ["processor", "keeper"] : service => {
      name = "${var.prefix}-${service}"
      url  = "https://${var.prefix}-${service}-${var.project_number}.${var.region}.run.app"
    }
  }
  registry = "${var.region}-docker.pkg.dev/${var.project_id}/${var.prefix}"

  rights            = jsondecode(file("${path.module}/rights.json"))
  has_kafka         = var.bridge.enabled && var.self_managed_kafka.enabled
  has_bridge        = var.bridge.enabled
  kafka_attachments = local.has_bridge ? try(var.bridge.private_endpoints.attachments, {}) : {}
  absent            = concat(local.has_bridge ? [] : ["bridge"], local.has_kafka ? [] : ["kafka"])

  identities = { for name, identity in local.rights.identities : name => identity if !contains(local.absent, name) }
  accounts   = { for name, identity in local.identities : name => "${var.prefix}-${name}" if identity.kind == "account" }
  emails     = { for name, account in local.accounts : name => "${account}@${var.project_id}.iam.gserviceaccount.com" }
  people     = { analysts = var.analysts, auditors = var.auditors, operators = var.operators }
  # Google's own accounts in this project, which act for its services.
  agents = {
    for agent, account in {
      storage    = "service-${var.project_number}@gs-project-accounts"
      pubsub     = "service-${var.project_number}@gcp-sa-pubsub"
      bigquery   = "bq-${var.project_number}@bigquery-encryption"
      run        = "service-${var.project_number}@serverless-robot-prod"
      registry   = "service-${var.project_number}@gcp-sa-artifactregistry"
      compute    = "service-${var.project_number}@compute-system"
      secrets    = "service-${var.project_number}@gcp-sa-secretmanager"
      logging    = "cmek-p${var.project_number}@gcp-sa-logging"
      monitoring = "service-${var.project_number}@gcp-sa-monitoring-notification"
    } : agent => "serviceAccount:${account}.iam.gserviceaccount.com"
  }
  members = merge(
    { for name, email in local.emails : name => ["serviceAccount:${email}"] },
    { for name, identity in local.identities : name => local.people[name] if identity.kind == "people" },
    { for name, identity in local.identities : name => [local.agents[name]] if identity.kind == "agent" },
  )

  # One entry for each identity's member, place and verb. A place config/days.json is one object of the bucket config,
  # config/tenants/* is every object below that folder: the grant has a condition then.
  every_grant = flatten([
    for name, identity in local.identities : [
      for place, verbs in identity.rights : [
        for verb in verbs : [
          for member in local.members[name] : {
            key      = join("/", compact([name, place, verb, identity.kind == "people" ? member : ""]))
            on       = local.rights.verbs[verb].on
            place    = place
            bucket   = split("/", place)[0]
            objects  = join("/", slice(split("/", place), 1, length(split("/", place))))
            verb     = verb
            member   = member
            identity = name
          }
        ]
      ]
    ]
  ])

  conditions = {
    for grant in local.every_grant : grant.place => {
      title = "Only ${grant.objects}"
      expression = endswith(grant.objects, "*") ? (
        "resource.name.startsWith(\"projects/_/buckets/${local.buckets[grant.bucket]}/objects/${trimsuffix(grant.objects, "*")}\")"
      ) : "resource.name == \"projects/_/buckets/${local.buckets[grant.bucket]}/objects/${grant.objects}\""
    }... if grant.on == "bucket" && grant.objects != ""
  }

  # Secrets, topics and subscriptions that this environment does not have are granted to nobody.
  optional = {
    secret       = local.secrets
    topic        = [for name in values(local.topics) : "topic-${trimprefix(name, "${var.prefix}-")}"]
    subscription = [for name in values(local.subscriptions) : "subscription-${trimprefix(name, "${var.prefix}-")}"]
  }
  grants = [for grant in local.every_grant : merge(grant, { condition = one(distinct(lookup(local.conditions, grant.place, []))) }) if !contains(keys(local.optional), grant.on) || contains(lookup(local.optional, grant.on, []), grant.place)]

  # What services do in their own buckets all day, a filter's clause each: it is in their own logs, and would be most of the data
  # access log. Kept are refusals, people, who opens originals, and lists by the edge's account, which whoever had its key would
  # need, as names cannot be guessed.
  everyday = concat([
    for grant in local.grants :
    "(protoPayload.authenticationInfo.principalEmail=\"${local.emails[grant.identity]}\" AND resource.labels.bucket_name=\"${local.buckets[grant.bucket]}\" AND protoPayload.methodName=\"${local.rights.verbs[grant.verb].permissions[0]}\")"
    if grant.on == "bucket" && contains(keys(local.emails), grant.identity) && grant.identity != "originals" && !(grant.identity == "edge" && grant.verb == "list")
    # Google's own accounts use the keys for whoever may use the resource.
  ], local.profile.has_own_keys ? ["(protoPayload.serviceName=\"cloudkms.googleapis.com\" AND protoPayload.authenticationInfo.principalEmail=(\"${join("\" OR \"", [for agent in values(local.agents) : trimprefix(agent, "serviceAccount:")])}\"))"] : [])

  has_sasl = var.bridge.sasl_mechanism != "none"
  secrets = local.has_bridge ? concat(
    ["pseudonym-keys"],
    local.has_sasl ? ["kafka-password"] : [],
    local.has_kafka ? ["kafka-nodes"] : [],
    local.has_kafka || var.bridge.private_ca ? ["kafka-ca"] : [],
    var.bridge.client_certificate ? ["kafka-cert", "kafka-key"] : [],
  ) : []

  # Three deliveries a pixel process and eight at least, and ten times as many that wait (core/fairness/delivery_share.ts).
  processor_slots = max(8, 3 * var.processor.pixel_processes)

  # What both services of the processor's image read.
  server_env = {
    RAW_BUCKET           = local.buckets.raw
    PROCESSED_BUCKET     = local.buckets.processed
    ERASURES_BUCKET      = local.buckets.erasures
    CONFIG_BUCKET        = local.buckets.config
    GOOGLE_CLOUD_PROJECT = var.project_id
    RETENTION_MS         = tostring(var.retention.period_ms)
  }

  brokers     = local.has_kafka ? [for n in range(3) : "${local.kafka_nodes[n]}.c.${var.project_id}.internal:9092"] : var.bridge.brokers
  kafka_nodes = [for n in range(3) : "${var.prefix}-kafka-${n}"]
}
