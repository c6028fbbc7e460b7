# Each wrong value is refused with a sentence; a run refuses one of each of several variables. Runs without a provider and without a network.

variables {
  project_id       = "acme-tintype"
  project_number   = "123456789012"
  alert_emails     = ["oncall@example.com"]
  processor_digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
  bridge_digest    = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
  retention        = jsondecode(file("../../retention.auto.tfvars.json")).retention
}

run "refuses_wrong_values_1" {
  command = plan
  variables {
    # private endpoints of another domain
    bridge = { brokers = ["a.example.com:9092"], private_endpoints = { domain = "other.example.com", attachments = { a = "projects/p/regions/europe-west4/serviceAttachments/s" } } }
    # a retention of 0
    retention = merge(var.retention, { period_ms = 0 })
    # more instances than a region has
    processor = { max_instances = 1001 }
    # more parts of a sweep than shards
    keeper = { sweep_parts = 33, max_instances = 40 }
    # a billing account that is none
    budget = { billing_account = "my-account" }
    # a prefix that no bucket may begin with
    prefix = "Tintype_"
    # a dispatcher without instances
    webhooks = { max_instances = 0 }
    # an address that is none
    alert_emails = ["oncall"]
    # all users as analysts
    analysts = ["allUsers"]
    # all users as analysts of single tenants
    tenant_analysts = ["allUsers"]
    # buckets on another continent than the processor
    bucket_location = "NAM4"
    # every origin
    cors_origins = ["*"]
    # one recoverer in production
    environment = "production"
    recoverers  = ["user:one@example.com", "user:one@example.com"]
    # a machine as an auditor
    auditors = ["serviceAccount:a@b.iam.gserviceaccount.com"]
    # half a digest
    bridge_digest = "sha256:12"
    # an edge with a path
    edge_url = "https://images.example.com/"
    # a repository by name
    github_repository_id = "example/tintype"
    # everybody as an operator
    operators = ["allAuthenticatedUsers"]
    # a pager that is no channel
    pager_channels = ["+49 30 901820"]
    # a tag where a digest belongs
    processor_digest = "latest"
    # an unknown profile
    profile = "cheap"
    # a project id with a capital
    project_id = "Acme"
    # a project s id where its number belongs
    project_number = "acme"
  }
  expect_failures = [
    var.bridge,
    var.retention,
    var.processor,
    var.keeper,
    var.budget,
    var.prefix,
    var.webhooks,
    var.alert_emails,
    var.analysts,
    var.tenant_analysts,
    var.bucket_location,
    var.cors_origins,
    var.recoverers,
    var.auditors,
    var.bridge_digest,
    var.edge_url,
    var.github_repository_id,
    var.operators,
    var.pager_channels,
    var.processor_digest,
    var.profile,
    var.project_id,
    var.project_number,
  ]
}

run "refuses_wrong_values_2" {
  command = plan
  variables {
    # a broker without a port
    bridge = { brokers = ["broker"] }
    # a retention of eight days
    retention = merge(var.retention, { period_ms = 691200000 })
    # a processor without instances
    processor = { max_instances = 0 }
    # fewer keepers than a sweep and the other jobs need
    keeper = { sweep_parts = 8, max_instances = 10 }
    # a budget of nothing
    budget = { amount = 0 }
    # a prefix that google keeps
    prefix = "google-pictures"
    # a dispatcher of three processors
    webhooks = { cpu = 3 }
    # alerts to nobody
    alert_emails = []
    # a whole domain as analysts
    analysts = ["domain:example.com"]
    # a location in small letters
    bucket_location = "eur4"
    # an origin with a path
    cors_origins = ["https://app.example.com/path"]
    # a group of recoverers
    recoverers = ["group:all@example.com"]
    # a lock in preview
    certificates_locked = true
  }
  expect_failures = [
    var.bridge,
    var.retention,
    var.processor,
    var.keeper,
    var.budget,
    var.prefix,
    var.webhooks,
    var.alert_emails,
    var.analysts,
    var.bucket_location,
    var.cors_origins,
    var.recoverers,
    var.certificates_locked,
  ]
}

run "refuses_wrong_values_3" {
  command = plan
  variables {
    # a bridge without brokers
    bridge = { brokers = [] }
    # a lifecycle longer than the promise
    retention = merge(var.retention, { lifecycle_days = 8 })
    # so few pixel processes that one tenant holds all
    processor = { pixel_processes = 3 }
    # a size that the keeper cannot have
    keeper = { cpu = 3 }
    # a currency that is none
    budget = { currency = "euro" }
    # a prefix that leaves no room for names
    prefix = "a-very-long-prefix-of-a-company"
    # a dispatcher without memory
    webhooks = { memory_mib = 256 }
    # an environment that is not there
    environment = "staging"
    # turbo replication in a single region
    turbo_replication = true
    bucket_location   = "EUROPE-WEST4"
  }
  expect_failures = [
    var.bridge,
    var.retention,
    var.processor,
    var.keeper,
    var.budget,
    var.prefix,
    var.webhooks,
    var.environment,
    var.turbo_replication,
  ]
}

run "refuses_wrong_values_4" {
  command = plan
  variables {
    # a bridge without members
    bridge = { brokers = ["a.example.com:9092"], instances = 0 }
    # a lifecycle that deletes early
    retention = merge(var.retention, { lifecycle_days = 1 })
    # three processors which cloud run does not have
    processor = { cpu = 3 }
    # a keeper without memory
    keeper = { memory_mib = 256 }
  }
  expect_failures = [var.bridge, var.retention, var.processor, var.keeper]
}

run "refuses_wrong_values_5" {
  command = plan
  variables {
    # a machine type that is none
    bridge = { brokers = ["a.example.com:9092"], machine_type = "small" }
    # soft delete
    retention = merge(var.retention, { soft_delete_seconds = 604800 })
    # too little memory for pixels
    processor = { memory_mib = 512 }
    # a pseudonym key that has no number
    keeper = { pseudonym_key = 0 }
  }
  expect_failures = [var.bridge, var.retention, var.processor, var.keeper]
}

run "refuses_wrong_values_6" {
  command = plan
  variables {
    # a budget smaller than a record
    bridge = { brokers = ["a.example.com:9092"], budget_mib = 1 }
    # multipart uploads that are aborted at once
    retention = merge(var.retention, { abort_multipart_days = 0 })
    # no pixel process
    processor = { pixel_processes = 0 }
    # rows that settle for more than a day
    keeper = { settle_ms = 90000000 }
  }
  expect_failures = [var.bridge, var.retention, var.processor, var.keeper]
}

run "refuses_wrong_values_7" {
  command = plan
  variables {
    # a cluster without a name
    bridge = { brokers = ["a.example.com:9092"], cluster = "" }
    # events kept for a time in another unit
    retention = merge(var.retention, { events_retention = "1d" })
    # a codec that is not there
    processor = { codec = "magick" }
    # an egress that is not there
    keeper = { egress = "none" }
  }
  expect_failures = [var.bridge, var.retention, var.processor, var.keeper]
}

run "refuses_wrong_values_8" {
  command = plan
  variables {
    # a redrive topic as a source
    bridge = { brokers = ["a.example.com:9092"], topics = ["images.redrive"] }
    # dead letters kept for no time
    retention = merge(var.retention, { dead_letters_retention = "0s" })
    # a collector with a path for the processor
    processor = { otlp_endpoint = "https://otel.example.com/v1/traces", egress = "internet" }
  }
  expect_failures = [var.bridge, var.retention, var.processor]
}

run "refuses_wrong_values_9" {
  command = plan
  variables {
    # no authentication at kafka
    bridge = { brokers = ["a.example.com:9092"], sasl_mechanism = "none" }
    # topics that add up to more than seven days
    retention = merge(var.retention, { kafka_source_retention_ms = 518400000 })
    # a ceiling below the instances
    processor = { ceiling = 99 }
  }
  expect_failures = [var.bridge, var.retention, var.processor]
}

run "refuses_wrong_values_10" {
  command = plan
  variables {
    # a group without a name
    bridge = { brokers = ["a.example.com:9092"], group = "" }
    # segments that never roll
    retention = merge(var.retention, { kafka_segment_ms = 0 })
    # a collector of traces that the processor cannot reach
    processor = { otlp_endpoint = "https://otel.example.com" }
  }
  expect_failures = [var.bridge, var.retention, var.processor]
}

run "refuses_wrong_values_11" {
  command = plan
  variables {
    # a mechanism that is not there
    bridge = { brokers = ["a.example.com:9092"], sasl_mechanism = "gssapi", client_certificate = true }
    # partitions that expire early
    retention = merge(var.retention, { partition_expiration_ms = 604800000 })
  }
  expect_failures = [var.bridge, var.retention]
}

run "refuses_wrong_values_12" {
  command = plan
  variables {
    # oauthbearer without a token endpoint
    bridge = { brokers = ["a.example.com:9092"], sasl_mechanism = "oauthbearer" }
    # a time travel that bigquery does not have
    retention = merge(var.retention, { max_time_travel_hours = 24 })
  }
  expect_failures = [var.bridge, var.retention]
}

run "refuses_wrong_values_13" {
  command = plan
  variables {
    # a user without a name
    bridge = { brokers = ["a.example.com:9092"], sasl_username = "" }
    # certificates that go with their images
    retention = merge(var.retention, { purges_retention_days = 7 })
  }
  expect_failures = [var.bridge, var.retention]
}

run "refuses_wrong_values_14" {
  command = plan
  variables {
    # a collector without a scheme for the bridge
    bridge = { brokers = ["a.example.com:9092"], otlp_endpoint = "otel.example.com:4318" }
    # an alert without grace
    retention = merge(var.retention, { overdue_alert_seconds = 0 })
  }
  expect_failures = [var.bridge, var.retention]
}

run "refuses_wrong_values_15" {
  command = plan
  variables {
    # a mechanism that its own nodes do not have
    bridge             = { sasl_mechanism = "scram-sha-512" }
    self_managed_kafka = { enabled = true, image = "eu.example.com/kafka@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
    # logs of 30 days
    retention = merge(var.retention, { log_retention_days = 30 })
  }
  expect_failures = [var.bridge, var.retention]
}

run "refuses_a_collector_by_tag" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], metrics_collector = "eu.example.com/otelcol-google:latest" }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_client_certificate_at_its_own_nodes" {
  command = plan
  variables {
    bridge             = { client_certificate = true }
    self_managed_kafka = { enabled = true, image = "eu.example.com/kafka@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_user_that_its_own_nodes_do_not_know" {
  command = plan
  variables {
    bridge             = { sasl_username = "somebody" }
    self_managed_kafka = { enabled = true, image = "eu.example.com/kafka@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  }
  expect_failures = [var.bridge]
}

run "refuses_two_clusters" {
  command = plan
  variables {
    bridge             = { brokers = ["a.example.com:9092"] }
    self_managed_kafka = { enabled = true, image = "eu.example.com/kafka@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  }
  expect_failures = [var.bridge]
}

run "refuses_kafka_by_tag" {
  command = plan
  variables {
    self_managed_kafka = { enabled = true, image = "apache/kafka:latest" }
    bridge             = {}
  }
  expect_failures = [var.self_managed_kafka]
}

run "refuses_wrong_values_20" {
  command = plan
  variables {
    # kafka on a machine type that is none
    self_managed_kafka = { machine_type = "big" }
    # a continent as a region
    region = "Europe"
  }
  expect_failures = [var.self_managed_kafka, var.region]
}

run "refuses_kafka_on_a_disk_too_small" {
  command = plan
  variables {
    self_managed_kafka = { disk_gib = 1 }
  }
  expect_failures = [var.self_managed_kafka]
}
