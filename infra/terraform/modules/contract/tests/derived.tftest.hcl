# What follows from the variables. Runs without a provider and without a network.

variables {
  project_id       = "acme-tintype"
  project_number   = "123456789012"
  alert_emails     = ["oncall@example.com"]
  processor_digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
  bridge_digest    = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
  retention        = jsondecode(file("../../retention.auto.tfvars.json")).retention
}

run "names_carry_the_prefix_and_no_randomness" {
  command = plan
  variables {
    prefix = "acme"
  }
  assert {
    condition     = output.buckets == { raw = "acme-raw", processed = "acme-processed", erasures = "acme-erasures", certificates = "acme-certificates", config = "acme-config" }
    error_message = "Buckets are PREFIX-raw, PREFIX-processed, PREFIX-erasures, PREFIX-certificates, PREFIX-config."
  }
  assert {
    condition = output.topics == merge({
      events        = "acme-events"
      dead          = "acme-events-dead"
      slow_dead     = "acme-slow-dead"
      canary        = "acme-canary"
      images        = "acme-images"
      images_dead   = "acme-images-dead"
      certificates  = "acme-certificates"
      webhooks      = "acme-webhooks"
      webhooks_dead = "acme-webhooks-dead"
      }, { for lane in concat(output.slow_lanes, output.webhook_lanes) : lane => "acme-${lane}" }) && output.subscriptions == merge(output.topics, {
      images          = "acme-images-bigquery"
      certificates    = "acme-certificates-bigquery"
      images_webhooks = "acme-images-webhooks"
      webhooks        = "acme-webhooks-push"
    })
    error_message = "Topics and subscriptions carry the prefix."
  }
  assert {
    condition     = output.services.processor.url == "https://acme-processor-123456789012.europe-west4.run.app" && output.services.keeper.url == "https://acme-keeper-123456789012.europe-west4.run.app"
    error_message = "A service's address is Cloud Run's deterministic one."
  }
  assert {
    condition     = output.processor_env.RECORDS_TOPIC == "acme-images" && output.keeper_env.EVENTS_TOPIC == "acme-events" && output.keeper_env.CERTIFICATES_TOPIC == "acme-certificates" && output.keeper_env.AUDIENCE == output.services.keeper.url && output.processor_env.AUDIENCE == output.services.processor.url && output.webhooks_env.AUDIENCE == output.services.webhooks.url && output.webhooks_env.WEBHOOKS_TOPIC == "acme-webhooks"
    error_message = "Each service gets its own address and the topics that it publishes to."
  }
  assert {
    condition     = output.slow_lanes == [for lane in range(8) : "slow-${lane}"] && output.processor_env.SLOW_TOPICS == "acme-slow" && output.processor_env.MAX_INSTANCES == "100" && output.processor_env.PIXEL_PROCESSES == "4" && output.processor_concurrency == 132
    error_message = "Four pixel processes have twelve slots and a waiting room of ten times as many, and eight slow lanes beside them."
  }
  assert {
    condition     = output.keeper_env.EVENT_SUBSCRIPTIONS == join(",", [for role, name in output.subscriptions : name if role == "events" || startswith(role, "slow-")]) && strcontains(join(" ", output.keeper_command), "acme-keeper-123456789012.europe-west4.run.app")
    error_message = "The keeper knows every subscription of events, and may call itself."
  }
  assert {
    condition     = alltrue([for account in output.accounts : length(account.id) >= 6 && length(account.id) <= 30])
    error_message = "A service account's id has 6 to 30 characters."
  }
}

run "the_longest_prefix_leaves_room_for_every_name" {
  command = plan
  variables {
    prefix = "a-company-prefix-1"
  }
  assert {
    condition     = alltrue([for account in output.accounts : length(account.id) <= 30]) && length(output.workflows.deployer.id) <= 30
    error_message = "A service account's id has at most 30 characters."
  }
}

run "the_economical_profile_keeps_raw_in_one_region_under_googles_keys" {
  command = plan
  variables {
    turbo_replication = true
  }
  assert {
    condition     = jsonencode(output.locations) == jsonencode(merge({ for role in ["processed", "erasures", "certificates"] : role => { location = "EUR4", rpo = "ASYNC_TURBO" } }, { raw = { location = "EUROPE-WEST4", rpo = null } }))
    error_message = "Raw lies in the processor's region, everything else in two."
  }
  assert {
    condition     = !output.has_own_keys
    error_message = "Google's own keys serve."
  }
}

run "the_log_leaves_out_services_in_their_own_buckets_and_nothing_else" {
  command = plan
  variables {
    bridge    = { brokers = ["a.example.com:9092"] }
    auditors  = ["group:privacy@example.com"]
    operators = ["group:oncall@example.com"]
  }
  assert {
    condition = alltrue([
      for access in [["edge", "processed", "get"], ["edge", "raw", "create"], ["processor", "raw", "get"], ["processor", "processed", "create"], ["keeper", "raw", "list"], ["bridge", "raw", "create"]] :
      strcontains(output.everyday_access, "(protoPayload.authenticationInfo.principalEmail=\"tintype-${access[0]}@acme-tintype.iam.gserviceaccount.com\" AND resource.labels.bucket_name=\"tintype-${access[1]}\" AND protoPayload.methodName=\"storage.objects.${access[2]}\")")
    ]) && startswith(output.everyday_access, "log_id(\"cloudaudit.googleapis.com/data_access\") AND ((NOT protoPayload.status.code>0 AND (")
    error_message = "Services' allowed accesses are left out."
  }
  assert {
    condition     = length(regexall("group:|originals@|cloudkms|-edge@[^)]*objects.list", output.everyday_access)) == 0 && length(output.everyday_access) < 20000
    error_message = "People, who opens originals, and lists by the edge's account stay."
  }
  assert {
    condition = alltrue([
      for part in split(" OR ", split(")) OR ", output.everyday_access)[1]) : strcontains(part, "tintype-edge@") && !strcontains(part, "list")
    ]) && !strcontains(split(")) OR ", output.everyday_access)[0], "tintype-edge@")
    error_message = "What the edge signs is left out also where it is refused, as it comes from end users' addresses; nothing else is."
  }
  assert {
    condition     = strcontains(output.alerts.signing_key_elsewhere.filter, "principalEmail=\"tintype-edge@acme-tintype.iam.gserviceaccount.com\" AND NOT (ip_in_net(protoPayload.requestMetadata.callerIp, \"103.21.244.0/22\") OR ") && length(output.alerts.signing_key_elsewhere.filter) < 2048
    error_message = "What the log keeps of the edge's account raises an alert where it does not come from Cloudflare."
  }
}

run "a_managed_kafka_has_private_endpoints" {
  command = plan
  variables {
    bridge = {
      brokers           = ["lkc-1.dom1.europe-west4.gcp.confluent.cloud:9092"]
      private_endpoints = { domain = "dom1.europe-west4.gcp.confluent.cloud", attachments = { a = "projects/p/regions/europe-west4/serviceAttachments/s-a", b = "projects/p/regions/europe-west4/serviceAttachments/s-b" } }
    }
  }
  assert {
    condition     = output.kafka_endpoints.domain == "dom1.europe-west4.gcp.confluent.cloud." && keys(output.kafka_endpoints.attachments) == ["tintype-kafka-a", "tintype-kafka-b"]
    error_message = "There is an endpoint a zone."
  }
  assert {
    condition     = output.kafka_endpoints.records == { "*" = ["tintype-kafka-a", "tintype-kafka-b"], "*.europe-west4-a" = ["tintype-kafka-a"], "*.europe-west4-b" = ["tintype-kafka-b"] }
    error_message = "Each broker's name is that of its zone's endpoint."
  }
}

run "without_private_endpoints_there_are_none" {
  command = plan
  assert {
    condition     = length(output.kafka_endpoints.attachments) == 0 && length(output.kafka_endpoints.records) == 0
    error_message = "No endpoint is made for nothing."
  }
}

run "the_resilient_profile_keeps_all_in_two_regions_and_the_key_with_them" {
  command = plan
  variables {
    profile = "resilient"
  }
  assert {
    condition     = output.has_own_keys && output.kms_location == "eur4" && output.locations == { for role in ["raw", "processed", "erasures", "certificates"] : role => { location = "EUR4", rpo = "DEFAULT" } }
    error_message = "EUR4 is served by a key in eur4 and replicated."
  }
  assert {
    condition     = strcontains(output.everyday_access, "serviceName=\"cloudkms.googleapis.com\" AND protoPayload.authenticationInfo.principalEmail=(\"bq-123456789012@bigquery-encryption.iam.gserviceaccount.com\" OR")
    error_message = "Google's own accounts use the keys unlogged."
  }
  assert {
    condition     = output.config_bucket == { location = "EUR4", kms_location = "eur4" } && output.second_region == "europe-north1"
    error_message = "The configuration and the secrets lie where the images do."
  }
}

run "one_region_is_possible" {
  command = plan
  variables {
    bucket_location = "EUROPE-WEST4"
  }
  assert {
    condition     = output.kms_location == "europe-west4" && alltrue([for place in output.locations : place.location == "EUROPE-WEST4" && place.rpo == null])
    error_message = "A bucket of one region has a key there and no replication."
  }
  assert {
    condition     = output.config_bucket == { location = "EU", kms_location = "europe" } && output.second_region == "europe-west1"
    error_message = "The configuration and the secrets lie in two regions all the same."
  }
}

run "the_configuration_lies_in_two_regions_everywhere" {
  command = plan
  variables {
    region          = "southamerica-east1"
    bucket_location = "SOUTHAMERICA-EAST1"
  }
  assert {
    condition     = output.config_bucket == { location = "US", kms_location = "us" }
    error_message = "A continent without a multi-region takes the United States'."
  }
}

run "the_processor_cannot_create_in_raw" {
  command = plan
  assert {
    condition     = !contains(keys(output.grants.bucket), "processor/raw/create")
    error_message = "The processor must not be able to cause its own next event."
  }
  assert {
    condition     = length([for key in keys(output.grants.bucket) : key if startswith(key, "processor/certificates/") || key == "processor/raw/list"]) == 0
    error_message = "The processor reaches no certificate and lists no raw image."
  }
  assert {
    condition     = length([for key, grant in output.grants.table : key if grant.identity == "processor"]) == 0
    error_message = "The processor does not reach BigQuery."
  }
}

run "the_keeper_guards_and_reads_no_raw_image" {
  command = plan
  assert {
    condition     = !contains(keys(output.grants.bucket), "keeper/raw/read") && !contains(keys(output.grants.bucket), "keeper/certificates/remove")
    error_message = "The keeper must not be able to read a raw image or to delete a certificate."
  }
  assert {
    condition     = [for key, grant in output.grants.bucket : key if grant.identity == "keeper" && grant.bucket == "config"] == ["keeper/config/days.json/create", "keeper/config/days.json/remove", "keeper/config/read"]
    error_message = "Of the configuration the keeper writes days.json alone."
  }
  assert {
    condition     = output.grants.bucket["keeper/config/days.json/create"].condition.expression == "resource.name == \"projects/_/buckets/tintype-config/objects/days.json\"" && output.grants.bucket["keeper/config/read"].condition == null
    error_message = "A right on one object has a condition on its name, a right on a bucket none."
  }
  assert {
    condition     = [for key, grant in output.grants.service : key if grant.place == "keeper"] == ["keeper/keeper/call", "scheduler/keeper/call"]
    error_message = "Where there are no operators the scheduler and the keeper itself alone call the keeper."
  }
}

run "operators_upload_tenants_and_start_nothing" {
  command = plan
  variables {
    operators = ["group:oncall@example.com"]
  }
  assert {
    condition     = toset([for grant in merge(values(output.grants)...) : "${grant.place}/${grant.verb}" if grant.identity == "operators"]) == toset(["account-scheduler/act", "keeper/call", "keeper/route", "processor/route", "config/list", "config/tenants/*/create", "config/tenants/*/read", "config/tenants/*/remove", "tenant_access/change", "tenant_access/query", "project/ask", "project/inspect", "project/reach", "project/trigger", "project/watch"])
    error_message = "Operators may do exactly that."
  }
  assert {
    condition     = alltrue([for grant in values(output.grants.bucket) : grant.condition.expression == "resource.name.startsWith(\"projects/_/buckets/tintype-config/objects/tenants/\")" if grant.place == "config/tenants/*"])
    error_message = "They write tenants' objects and read no salt."
  }
  assert {
    condition     = length([for permission in flatten(values(output.verbs)[*].permissions) : permission if startswith(permission, "run.jobs") || endswith(permission, "actAs")]) == 0
    error_message = "Nobody starts a program as a service."
  }
}

run "pubsub_writes_the_two_tables_and_the_dead_letters" {
  command = plan
  assert {
    condition = toset([for key, grant in merge(values(output.grants)...) : key if grant.identity == "pubsub"]) == toset(concat([
      "pubsub/images/write", "pubsub/purges/write", "pubsub/topic-events-dead/publish", "pubsub/topic-images-dead/publish", "pubsub/topic-slow-dead/publish", "pubsub/topic-webhooks-dead/publish",
      "pubsub/subscription-events/subscribe", "pubsub/subscription-images-bigquery/subscribe", "pubsub/subscription-certificates-bigquery/subscribe",
      "pubsub/subscription-images-webhooks/subscribe", "pubsub/subscription-webhooks-push/subscribe",
    ], [for lane in output.slow_lanes : "pubsub/subscription-${lane}/subscribe"])) && alltrue([for grant in merge(values(output.grants)...) : grant.member == "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com" if grant.identity == "pubsub"])
    error_message = "Pub/Sub's own account may do exactly that."
  }
}

run "the_dispatcher_reads_tenants_signs_and_publishes_and_reaches_no_image" {
  command = plan
  assert {
    condition = toset([for key, grant in merge(values(output.grants)...) : key if grant.identity == "webhooks"]) == toset(concat(
      ["webhooks/project/measure", "webhooks/config/tenants/*/read", "webhooks/webhook-master/open", "webhooks/topic-webhooks/publish", "webhooks/topic-webhooks-dead/publish"],
      [for lane in output.webhook_lanes : "webhooks/topic-${lane}/publish"],
    ))
    error_message = "Whoever makes the dispatcher call a wrong address gets at nothing."
  }
}

run "records_are_pushed_to_the_edge_where_its_address_is_known" {
  command = plan
  variables {
    edge_url = "https://images.example.com"
  }
  assert {
    condition     = output.subscriptions.images_edge == "tintype-images-edge" && contains(keys(merge(values(output.grants)...)), "pubsub/subscription-images-edge/subscribe")
    error_message = "Pub/Sub pulls what it pushes and moves what cannot be delivered."
  }
}

run "the_edge_creates_lists_and_reads_and_deletes_nothing" {
  command = plan
  assert {
    condition = toset([for key, grant in merge(values(output.grants)...) : key if grant.identity == "edge"]) == toset(
      ["edge/raw/create", "edge/raw/list", "edge/erasures/create", "edge/erasures/read", "edge/processed/list", "edge/processed/read", "edge/config/read"]
    )
    error_message = "The edge may do exactly that."
  }
}

run "the_originals_signer_reads_raw_and_nothing_else" {
  command = plan
  assert {
    condition     = [for key, grant in merge(values(output.grants)...) : key if grant.identity == "originals"] == ["originals/raw/read"]
    error_message = "Whoever has its key opens originals whose names they know, and does nothing else."
  }
}

run "the_bridge_creates_in_raw_only" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"] }
  }
  assert {
    condition     = [for key, grant in output.grants.bucket : key if grant.identity == "bridge"] == ["bridge/config/kafka.json/create", "bridge/config/kafka.json/remove", "bridge/config/read", "bridge/raw/create"]
    error_message = "The bridge may create in raw, read the configuration and replace kafka.json in it, nothing else in any bucket."
  }
  assert {
    condition     = output.bridge_env.KAFKA_BROKERS == "a.example.com:9092" && tolist(output.secrets) == tolist(["pseudonym-keys", "webhook-master", "certificate-key", "kafka-password"])
    error_message = "A managed cluster needs no secrets of nodes."
  }
  assert {
    condition     = output.bridge_secrets == { PSEUDONYM_KEYS = "tintype-pseudonym-keys", KAFKA_SASL_PASSWORD = "tintype-kafka-password" }
    error_message = "Each secret is one variable of the bridge."
  }
}

run "the_bridge_shows_a_certificate_beside_its_password" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], sasl_mechanism = "scram-sha-512", client_certificate = true, private_ca = true }
  }
  assert {
    condition     = toset(output.secrets) == toset(["pseudonym-keys", "webhook-master", "certificate-key", "kafka-password", "kafka-ca", "kafka-cert", "kafka-key"])
    error_message = "Password, authority, certificate and key each have their place."
  }
  assert {
    condition     = output.bridge_secrets["KAFKA_TLS_CERT"] == "tintype-kafka-cert" && output.bridge_secrets["KAFKA_TLS_KEY"] == "tintype-kafka-key" && output.bridge_secrets["KAFKA_TLS_CA"] == "tintype-kafka-ca"
    error_message = "The bridge is given authority, certificate and key."
  }
  assert {
    condition     = alltrue([for secret in output.secrets : contains(keys(output.grants.secret), "bridge/${secret}/open") if !contains(["webhook-master", "certificate-key"], secret)])
    error_message = "The bridge may read each of its secrets."
  }
  assert {
    condition     = output.bridge_env.KAFKA_SASL_MECHANISM == "scram-sha-512"
    error_message = "A certificate does not take the user's place."
  }
}

run "a_certificate_alone_may_say_who_the_bridge_is" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], sasl_mechanism = "none", client_certificate = true }
  }
  assert {
    condition     = toset(output.secrets) == toset(["pseudonym-keys", "webhook-master", "certificate-key", "kafka-cert", "kafka-key"]) && toset(keys(output.bridge_secrets)) == toset(["PSEUDONYM_KEYS", "KAFKA_TLS_CERT", "KAFKA_TLS_KEY"])
    error_message = "Without SASL there is no password to keep, and with a public authority none of its own."
  }
  assert {
    condition     = !contains(keys(output.bridge_env), "KAFKA_SASL_MECHANISM") && !contains(keys(output.bridge_env), "KAFKA_SASL_USERNAME") && output.bridge_env.KAFKA_TLS == "true"
    error_message = "The bridge gets no user."
  }
}

run "traces_go_where_a_collector_is_named_and_nowhere_else" {
  command = plan
  variables {
    bridge    = { brokers = ["a.example.com:9092"], otlp_endpoint = "http://10.0.0.9:4318" }
    processor = { otlp_endpoint = "https://otel.example.com", egress = "internet", pipeline = "../faces" }
  }
  assert {
    condition     = output.bridge_env.OTEL_EXPORTER_OTLP_ENDPOINT == "http://10.0.0.9:4318" && output.processor_env.OTEL_EXPORTER_OTLP_ENDPOINT == "https://otel.example.com" && output.processor_env.OTEL_DENO == "true" && output.processor_env.OTEL_DENO_CONSOLE == "ignore" && output.processor_env.OTEL_DENO_METRICS == "false"
    error_message = "Each gets its collector; the processor's log and metrics are not exported."
  }
  assert {
    condition     = output.processor_env.PIPELINE == "pipeline"
    error_message = "A pipeline's package lies in the image, wherever it came from."
  }
}

run "no_traces_are_made_where_no_collector_is_named" {
  command = plan
  variables {
    bridge    = { brokers = ["a.example.com:9092"] }
    processor = { pipeline = "mine/pipeline.ts" }
  }
  assert {
    condition     = output.processor_env.PIPELINE == "mine/pipeline.ts"
    error_message = "A module of the project is loaded from where it lies."
  }
  assert {
    condition     = length([for name in concat(keys(output.bridge_env), keys(output.processor_env)) : name if startswith(name, "OTEL_")]) == 0
    error_message = "Nothing is exported by default."
  }
}

run "self_managed_kafka_has_three_nodes" {
  command = plan
  variables {
    bridge             = {}
    self_managed_kafka = { enabled = true, image = "eu.example.com/kafka@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  }
  assert {
    condition     = length(output.kafka_nodes) == 3 && length(split(",", output.bridge_env.KAFKA_BROKERS)) == 3
    error_message = "The bridge gets all three nodes."
  }
  assert {
    condition     = contains(keys(output.grants.secret), "kafka/kafka-nodes/open")
    error_message = "The nodes may read their secret."
  }
  assert {
    condition     = toset(keys(output.bridge_secrets)) == toset(["PSEUDONYM_KEYS", "KAFKA_SASL_PASSWORD", "KAFKA_TLS_CA"])
    error_message = "The bridge is given the authority of the nodes and its password."
  }
}

run "analysts_get_views_and_nothing_else" {
  command = plan
  variables {
    analysts = ["group:analysts@example.com"]
  }
  assert {
    condition     = toset([for grant in merge(values(output.grants)...) : "${grant.place}/${grant.verb}" if grant.identity == "analysts"]) == toset(["views/query", "project/ask", "project/browse"])
    error_message = "Analysts query views."
  }
}

run "analysts_of_single_tenants_get_the_shared_views_and_nothing_else" {
  command = plan
  variables {
    tenant_analysts = ["group:analysts@partner.example"]
  }
  assert {
    condition     = toset([for grant in merge(values(output.grants)...) : "${grant.place}/${grant.verb}" if grant.identity == "tenant_analysts"]) == toset(["shared/look"])
    error_message = "They read shared views, and pay for it themselves."
  }
  assert {
    condition     = toset(keys(output.shared_views)) == toset(keys(output.views)) && alltrue([for sql in values(output.shared_views) : length(regexall("FROM `acme-tintype`.tintype.(images|purges)\\s+WHERE", sql)) == length(regexall("`acme-tintype`.tintype.(images|purges)\\b", sql)) && strcontains(sql, "SESSION_USER()")])
    error_message = "A shared view reads no table but by the text that asks who calls."
  }
}

run "an_identity_that_is_not_used_is_not_made" {
  command = plan
  assert {
    condition     = !contains(keys(output.accounts), "bridge") && !contains(keys(output.accounts), "kafka") && !contains(values(merge(values(output.grants)...))[*].identity, "bridge")
    error_message = "Without the bridge there is no bridge account and no right of one."
  }
}

run "the_lifecycle_is_the_retention_policys" {
  command = plan
  assert {
    condition     = output.lifecycle_rules[0].days_since_custom_time == 7 && output.lifecycle_rules[1].age == 7 && output.lifecycle_rules[2].age == 1
    error_message = "Seven days by custom time and by age; a day for unfinished multipart uploads."
  }
}

run "topics_keep_records_for_the_policys_time" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], topics = ["images", "scans"] }
  }
  assert {
    condition     = toset(keys(output.kafka_topics)) == toset(["images", "images.redrive", "scans", "scans.redrive", "images.results", "scans.results", "images.dlq"]) && output.kafka_topics["images"]["retention.ms"] == "259200000" && output.kafka_topics["images.dlq"]["retention.ms"] == "172800000" && output.kafka_topics["images.results"]["retention.ms"] == "172800000"
    error_message = "Sources are kept for three days, dead letters for two."
  }
}

run "alerts_read_log_lines_and_metrics_that_may_never_have_been" {
  command = plan
  variables {
    prefix   = "acme-one"
    edge_url = "https://images.example.com"
  }
  assert {
    condition     = output.alerts["overdue"].filter == "jsonPayload.event=\"job\" AND jsonPayload.job=\"sweep\" AND jsonPayload.overdue>0 AND jsonPayload.part=\"keeper\"" && output.log_metrics["certificates"].filter == "jsonPayload.complete=true AND jsonPayload.event=\"job\" AND jsonPayload.job=\"sweep\" AND jsonPayload.part=\"keeper\""
    error_message = "A condition of lines is a filter; a sweep that was cut does not silence the alert: it cannot tell what it has not seen."
  }
  assert {
    condition     = output.alerts["certificate_missing"].query == "(sum(increase(logging_googleapis_com:user_acme_one_certificates{monitored_resource='cloud_run_revision'}[10m])) or vector(0)) < 0.5"
    error_message = "A certificate is missing also where there never was one."
  }
  assert {
    condition     = alltrue([for name, alert in output.alerts : (alert.query == null) != (alert.filter == null) && contains(["CRITICAL", "ERROR", "WARNING"], alert.severity)])
    error_message = "Each alert has one condition."
  }
  assert {
    condition     = strcontains(output.alerts["edge_down"].query, "host='images.example.com'") && !contains(keys(output.alerts), "bridge_lag")
    error_message = "The edge is probed at its address; without the bridge nobody waits for its metrics."
  }
}

run "without_an_address_the_edge_is_not_probed" {
  command = plan
  assert {
    condition     = length([for name in keys(output.alerts) : name if startswith(name, "edge_") || name == "synthetic_missing"]) == 0
    error_message = "Only what is there can be missing."
  }
}

run "two_people_can_recover_the_pseudonym_keys" {
  command = plan
  variables {
    environment = "production"
    recoverers  = ["user:one@example.com", "user:two@example.com"]
  }
  assert {
    condition     = tolist(output.secrets) == tolist(["pseudonym-keys", "webhook-master", "certificate-key"]) && toset(keys(output.grants.secret)) == toset(["webhooks/webhook-master/open", "keeper/certificate-key/open", "keeper/pseudonym-keys/open", "recoverers/pseudonym-keys/open/user:one@example.com", "recoverers/pseudonym-keys/open/user:two@example.com"])
    error_message = "The keys have a copy that two people may read, also without the bridge."
  }
}

run "views_name_their_project_and_read_tables_alone" {
  command = plan
  assert {
    condition     = alltrue([for sql in values(output.views) : strcontains(sql, "FROM `acme-tintype`.tintype.") && length(regexall("[^.]tintype\\.", replace(sql, "`acme-tintype`.tintype.", ""))) == 0])
    error_message = "Whoever pays from another project finds the tables, and no view waits for another."
  }
}
