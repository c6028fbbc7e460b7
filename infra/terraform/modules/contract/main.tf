# What can be derived without any provider: names, addresses, who may do what, what each part is told.
# Variables come in through variables.tf, rights from rights.json, which the local storage enforces too.

terraform {
  required_version = ">= 1.9, < 2.0"
}

locals {
  kms_locations = { ASIA1 = "asia1", EUR4 = "eur4", EUR5 = "eur5", EUR7 = "eur7", EUR8 = "eur8", NAM4 = "nam4" }

  buckets = { for role in ["raw", "processed", "certificates"] : role => "${var.prefix}-${role}" }
  dataset = "tintype"
  topics  = { events = "${var.prefix}-events", dead = "${var.prefix}-events-dead" }

  service = "${var.prefix}-processor"
  # Cloud Run's deterministic address, so that the service can be told its own.
  service_url = "https://${local.service}-${var.project_number}.${var.region}.run.app"
  registry    = "${var.region}-docker.pkg.dev/${var.project_id}/${var.prefix}"

  rights     = jsondecode(file("${path.module}/rights.json"))
  has_kafka  = var.bridge.enabled && var.self_managed_kafka.enabled
  has_bridge = var.bridge.enabled
  absent     = concat(local.has_bridge ? [] : ["bridge"], local.has_kafka ? [] : ["kafka"])

  identities = { for name, identity in local.rights.identities : name => identity if !contains(local.absent, name) }
  accounts   = { for name, identity in local.identities : name => "${var.prefix}-${name}" if identity.kind == "account" }
  emails     = { for name, account in local.accounts : name => "${account}@${var.project_id}.iam.gserviceaccount.com" }
  people     = { analysts = var.analysts, auditors = var.auditors }
  members = merge(
    { for name, email in local.emails : name => ["serviceAccount:${email}"] },
    { for name, identity in local.identities : name => local.people[name] if identity.kind == "people" },
  )

  # One entry for each identity's member, place and verb.
  every_grant = flatten([
    for name, identity in local.identities : [
      for place, verbs in identity.rights : [
        for verb in verbs : [
          for member in local.members[name] : {
            key      = join("/", compact([name, place, verb, identity.kind == "people" ? member : ""]))
            on       = local.rights.verbs[verb].on
            place    = place
            verb     = verb
            member   = member
            identity = name
          }
        ]
      ]
    ]
  ])

  # Secrets, topics and subscriptions that this environment does not have are granted to nobody.
  optional = {
    secret       = local.secrets
    topic        = [for name in values(local.topics) : "topic-${trimprefix(name, "${var.prefix}-")}"]
    subscription = [for name in values(local.topics) : "subscription-${trimprefix(name, "${var.prefix}-")}"]
  }
  grants = [for grant in local.every_grant : grant if !contains(keys(local.optional), grant.on) || contains(lookup(local.optional, grant.on, []), grant.place)]

  has_sasl = var.bridge.sasl_mechanism != "none"
  secrets = local.has_bridge ? concat(
    ["pseudonym-keys"],
    local.has_sasl ? ["kafka-password"] : [],
    local.has_kafka ? ["kafka-nodes"] : [],
    local.has_kafka || var.bridge.private_ca ? ["kafka-ca"] : [],
    var.bridge.client_certificate ? ["kafka-cert", "kafka-key"] : [],
  ) : []

  brokers     = local.has_kafka ? [for n in range(3) : "${local.kafka_nodes[n]}.c.${var.project_id}.internal:9092"] : var.bridge.brokers
  kafka_nodes = [for n in range(3) : "${var.prefix}-kafka-${n}"]
}
