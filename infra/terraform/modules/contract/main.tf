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

  # Secrets lie in two regions in every profile: the buckets' pair, else a second one of the continent.
  pairs = merge(local.dual_regions, {
    ASIA = ["asia-northeast1", "asia-southeast1"]
    EU   = ["europe-west4", "europe-west1"]
    US   = ["us-central1", "us-east1"]
  })
  second_region = [for region in local.pairs[local.config_location] : region if region != var.region][0]

  buckets = { for role in ["raw", "processed", "erasures", "certificates", "config"] : role => "${var.prefix}-${role}" }
  dataset = "tintype"
  # Slow lanes take what is beyond a tenant's share of the processor (core/fairness/slow_lane.ts).
  slow_lanes = [for lane in range(8) : "slow-${lane}"]
  # And as many take webhooks whose endpoint failed.
  webhook_lanes = [for lane in range(8) : "webhooks-slow-${lane}"]
  topics = {
    for topic, name in merge(
      { events = "events", dead = "events-dead", images = "images", images_dead = "images-dead", certificates = "certificates", slow_dead = "slow-dead", canary = "canary", webhooks = "webhooks", webhooks_dead = "webhooks-dead" },
      { for lane in concat(local.slow_lanes, local.webhook_lanes) : lane => lane },
    ) : topic => "${var.prefix}-${name}"
  }
  subscriptions = {
    for subscription, name in merge({
      events          = "events"
      dead            = "events-dead"
      slow_dead       = "slow-dead"
      images          = "images-bigquery"
      certificates    = "certificates-bigquery"
      images_dead     = "images-dead"
      canary          = "canary"
      images_webhooks = "images-webhooks"
      webhooks        = "webhooks-push"
      webhooks_dead   = "webhooks-dead"
      }, { for lane in concat(local.slow_lanes, local.webhook_lanes) : lane => lane },
      local.has_bridge ? { images_results = "images-results" } : {},
    var.edge_url == "" ? {} : { images_edge = "images-edge" }) : subscription => "${var.prefix}-${name}"
  }

  # With Cloud Run's deterministic address, so that a service can be given its own.
  services = {
    for service in ["processor", "keeper", "webhooks"] : service => {
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
  people     = { analysts = var.analysts, tenant_analysts = var.tenant_analysts, auditors = var.auditors, operators = var.operators, recoverers = var.recoverers }
  # Google's own accounts in this project, which act for its services.
  agents = {
    for agent, account in local.rights.agents :
    agent => "serviceAccount:${replace(account, "NUMBER", var.project_number)}.iam.gserviceaccount.com"
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
  # need, as names cannot be guessed. What the edge signs comes from end users' own addresses, refused or not, so none of it is kept.
  accesses = [
    for grant in local.grants : merge(grant, { filter = "(protoPayload.authenticationInfo.principalEmail=\"${local.emails[grant.identity]}\" AND resource.labels.bucket_name=\"${local.buckets[grant.bucket]}\" AND protoPayload.methodName=\"${local.rights.verbs[grant.verb].permissions[0]}\")" })
    if grant.on == "bucket" && contains(keys(local.emails), grant.identity) && grant.identity != "originals" && !(grant.identity == "edge" && grant.verb == "list")
  ]
  signed = [for access in local.accesses : access.filter if access.identity == "edge"]
  # Google's own accounts use the keys for whoever may use the resource.
  everyday = concat([for access in local.accesses : access.filter if access.identity != "edge"], local.profile.has_own_keys ? ["(protoPayload.serviceName=\"cloudkms.googleapis.com\" AND protoPayload.authenticationInfo.principalEmail=(\"${join("\" OR \"", [for agent in values(local.agents) : trimprefix(agent, "serviceAccount:")])}\"))"] : [])

  has_sasl = var.bridge.sasl_mechanism != "none"
  # The worker's pseudonym keys cannot be read back from Cloudflare, so their copy is here also where no bridge reads it.
  # Webhooks' secrets are derived from one (core/model/webhook_signature.ts).
  secrets = concat(["pseudonym-keys", "webhook-master", "certificate-key"], !local.has_bridge ? [] : concat(
    local.has_sasl ? ["kafka-password"] : [],
    local.has_kafka ? ["kafka-nodes"] : [],
    local.has_kafka || var.bridge.private_ca ? ["kafka-ca"] : [],
    var.bridge.client_certificate ? ["kafka-cert", "kafka-key"] : [],
  ))

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

  # The keeper's jobs as the scheduler calls them.
  jobs = {
    sweep    = { schedule = var.retention.sweep_schedule, why = "Deletes what is past its retention period and leaves a certificate", deadline = "180s" }
    erasures = { schedule = var.retention.erasures_schedule, why = "Deletes rows of erased images and writes the erasures' receipts", deadline = "180s" }
    repair   = { schedule = var.retention.repair_schedule, why = "Publishes events again that were lost or failed: a shard's names once a day", deadline = "1800s" }
    # A day ends at midnight UTC, and its salt with the last image's retention period.
    days = { schedule = "5 0 * * *", why = "Makes salts for days to come and drops those whose images are gone", deadline = "180s" }
  }

  # Alerts and the metrics of logs that they read: PromQL over metrics, or a filter of log lines. Metrics are named as PromQL
  # does it: the first slash is a colon, whatever else is no letter an underscore.
  sent  = "pubsub_googleapis_com:topic_send_request_count{topic_id='${local.topics.events}'}"
  acked = "pubsub_googleapis_com:subscription_push_request_count{subscription_id='${local.subscriptions.events}',response_class='ack'}"
  watch = jsondecode(templatefile("${path.module}/alerts.json", {
    prefix    = var.prefix
    edge      = local.emails.edge
    workers   = join(" OR ", [for net in local.cloudflare : "ip_in_net(protoPayload.requestMetadata.callerIp, \\\"${net}\\\")"])
    edge_host = trimprefix(var.edge_url, "https://")
    jobs      = join("|", keys(local.jobs))
    metrics   = "logging_googleapis_com:user_${replace(var.prefix, "-", "_")}_"
    bridge    = "custom_googleapis_com:${replace(var.prefix, "-", "_")}_bridge_"
    sent      = local.sent
    sent_1h   = "(sum(increase(${local.sent}[1h])) or vector(0))"
    sent_5m   = "(sum(increase(${local.sent}[5m])) or vector(0))"
    acked_1h  = "(sum(increase(${local.acked}[1h])) or vector(0))"
    acked_5m  = "(sum(increase(${local.acked}[5m])) or vector(0))"
  }))
  # Where the worker calls from (https://www.cloudflare.com/ips).
  cloudflare = [
    "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "104.16.0.0/13", "104.24.0.0/14", "108.162.192.0/18", "131.0.72.0/22",
    "141.101.64.0/18", "162.158.0.0/15", "172.64.0.0/13", "173.245.48.0/20", "188.114.96.0/20", "190.93.240.0/20", "197.234.240.0/22",
    "198.41.128.0/17", "2400:cb00::/32", "2405:8100::/32", "2405:b500::/32", "2606:4700::/32", "2803:f800::/32", "2a06:98c0::/29",
    "2c0f:f248::/32",
  ]
  has_only = { bridge = local.has_bridge, edge = var.edge_url != "" }
  alerts   = { for name, alert in local.watch.alerts : name => alert if lookup(local.has_only, lookup(alert, "only", ""), true) }
  log_filters = {
    for name, each in merge(local.watch.metrics, local.alerts) : name => join(" AND ", [
      for field, value in each.lines : (
        can(tobool(value)) ? "jsonPayload.${field}=${value}" :
        can(tolist(value)) ? "jsonPayload.${field}=(${join(" OR ", [for one in value : "\"${one}\""])})" :
        startswith(value, ">") ? "jsonPayload.${field}${value}" : "jsonPayload.${field}=\"${value}\""
      )
    ]) if can(each.lines)
  }

  # Views, each with the views that it reads inside of it, so that none waits for another; and each names the project, without
  # which a query that another project pays for does not find the tables. A view that is too deep keeps a question mark.
  view_files = "${path.module}/../../../bigquery/views"
  view_parts = {
    for file in fileset(local.view_files, "*.sql") : trimsuffix(file, ".sql") => regexall(
      "(?s)(.*?)(?:\\btintype\\.([a-z0-9_]+)|$)",
      replace(trimspace(file("${local.view_files}/${file}")), "/\\btintype\\.(images|purges)\\b/", "@$1"),
    )
  }
  first  = { for view, parts in local.view_parts : view => join("", [for part in parts : "${part[0]}${part[1] == null ? "" : "?"}"]) }
  second = { for view, parts in local.view_parts : view => join("", [for part in parts : "${part[0]}${part[1] == null ? "" : "(\n${local.first[part[1]]}\n)"}"]) }
  third  = { for view, parts in local.view_parts : view => join("", [for part in parts : "${part[0]}${part[1] == null ? "" : "(\n${local.second[part[1]]}\n)"}"]) }
  views  = { for view, sql in local.third : view => replace(sql, "@", "`${var.project_id}`.${local.dataset}.") }

  # The shared views are the same over what bigquery/shared makes of the tables.
  shared_files = "${path.module}/../../../bigquery/shared"
  shared_tables = {
    for table in ["images", "purges"] :
    table => "(\n${replace(trimspace(file("${local.shared_files}/${table}.sql")), "/\\btintype\\./", "`${var.project_id}`.${local.dataset}.")}\n)"
  }
  shared_views = {
    for view, sql in local.third :
    view => replace(replace(sql, "@images", local.shared_tables.images), "@purges", local.shared_tables.purges)
  }
}
