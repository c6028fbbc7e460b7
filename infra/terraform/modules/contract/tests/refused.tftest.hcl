# Each wrong value is refused with a sentence. Runs without a provider and without a network.

variables {
  project_id       = "acme-tintype"
  project_number   = "123456789012"
  alert_emails     = ["oncall@example.com"]
  processor_digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
  bridge_digest    = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
  retention        = jsondecode(file("../../retention.auto.tfvars.json")).retention
}

run "refuses_a_project_id_with_a_capital" {
  command = plan
  variables {
    project_id = "Acme"
  }
  expect_failures = [var.project_id]
}

run "refuses_a_project_s_id_where_its_number_belongs" {
  command = plan
  variables {
    project_number = "acme"
  }
  expect_failures = [var.project_number]
}

run "refuses_an_environment_that_is_not_there" {
  command = plan
  variables {
    environment = "staging"
  }
  expect_failures = [var.environment]
}

run "refuses_a_prefix_that_no_bucket_may_begin_with" {
  command = plan
  variables {
    prefix = "Tintype_"
  }
  expect_failures = [var.prefix]
}

run "refuses_a_prefix_that_google_keeps" {
  command = plan
  variables {
    prefix = "google-pictures"
  }
  expect_failures = [var.prefix]
}

run "refuses_a_prefix_that_leaves_no_room_for_names" {
  command = plan
  variables {
    prefix = "a-very-long-prefix-of-a-company"
  }
  expect_failures = [var.prefix]
}

run "refuses_a_continent_as_a_region" {
  command = plan
  variables {
    region = "Europe"
  }
  expect_failures = [var.region]
}

run "refuses_buckets_on_another_continent_than_the_processor" {
  command = plan
  variables {
    bucket_location = "NAM4"
  }
  expect_failures = [var.bucket_location]
}

run "refuses_a_location_in_small_letters" {
  command = plan
  variables {
    bucket_location = "eur4"
  }
  expect_failures = [var.bucket_location]
}

run "refuses_an_edge_with_a_path" {
  command = plan
  variables {
    edge_url = "https://images.example.com/"
  }
  expect_failures = [var.edge_url]
}

run "refuses_turbo_replication_in_a_single_region" {
  command = plan
  variables {
    turbo_replication = true
    bucket_location   = "EUROPE-WEST4"
  }
  expect_failures = [var.turbo_replication]
}

run "refuses_a_retention_of_0" {
  command = plan
  variables {
    retention = merge(var.retention, { period_ms = 0 })
  }
  expect_failures = [var.retention]
}

run "refuses_a_retention_of_eight_days" {
  command = plan
  variables {
    retention = merge(var.retention, { period_ms = 691200000 })
  }
  expect_failures = [var.retention]
}

run "refuses_a_lifecycle_longer_than_the_promise" {
  command = plan
  variables {
    retention = merge(var.retention, { lifecycle_days = 8 })
  }
  expect_failures = [var.retention]
}

run "refuses_a_lifecycle_that_deletes_early" {
  command = plan
  variables {
    retention = merge(var.retention, { lifecycle_days = 1 })
  }
  expect_failures = [var.retention]
}

run "refuses_soft_delete" {
  command = plan
  variables {
    retention = merge(var.retention, { soft_delete_seconds = 604800 })
  }
  expect_failures = [var.retention]
}

run "refuses_multipart_uploads_that_are_aborted_at_once" {
  command = plan
  variables {
    retention = merge(var.retention, { abort_multipart_days = 0 })
  }
  expect_failures = [var.retention]
}

run "refuses_events_kept_for_a_time_in_another_unit" {
  command = plan
  variables {
    retention = merge(var.retention, { events_retention = "1d" })
  }
  expect_failures = [var.retention]
}

run "refuses_dead_letters_kept_for_no_time" {
  command = plan
  variables {
    retention = merge(var.retention, { dead_letters_retention = "0s" })
  }
  expect_failures = [var.retention]
}

run "refuses_topics_that_add_up_to_more_than_seven_days" {
  command = plan
  variables {
    retention = merge(var.retention, { kafka_source_retention_ms = 518400000 })
  }
  expect_failures = [var.retention]
}

run "refuses_segments_that_never_roll" {
  command = plan
  variables {
    retention = merge(var.retention, { kafka_segment_ms = 0 })
  }
  expect_failures = [var.retention]
}

run "refuses_partitions_that_expire_early" {
  command = plan
  variables {
    retention = merge(var.retention, { partition_expiration_ms = 604800000 })
  }
  expect_failures = [var.retention]
}

run "refuses_a_time_travel_that_bigquery_does_not_have" {
  command = plan
  variables {
    retention = merge(var.retention, { max_time_travel_hours = 24 })
  }
  expect_failures = [var.retention]
}

run "refuses_certificates_that_go_with_their_images" {
  command = plan
  variables {
    retention = merge(var.retention, { purges_retention_days = 7 })
  }
  expect_failures = [var.retention]
}

run "refuses_an_alert_without_grace" {
  command = plan
  variables {
    retention = merge(var.retention, { overdue_alert_seconds = 0 })
  }
  expect_failures = [var.retention]
}

run "refuses_logs_of_30_days" {
  command = plan
  variables {
    retention = merge(var.retention, { log_retention_days = 30 })
  }
  expect_failures = [var.retention]
}

run "refuses_every_origin" {
  command = plan
  variables {
    cors_origins = ["*"]
  }
  expect_failures = [var.cors_origins]
}

run "refuses_an_origin_with_a_path" {
  command = plan
  variables {
    cors_origins = ["https://app.example.com/path"]
  }
  expect_failures = [var.cors_origins]
}

run "refuses_a_tag_where_a_digest_belongs" {
  command = plan
  variables {
    processor_digest = "latest"
  }
  expect_failures = [var.processor_digest]
}

run "refuses_half_a_digest" {
  command = plan
  variables {
    bridge_digest = "sha256:12"
  }
  expect_failures = [var.bridge_digest]
}

run "refuses_an_unknown_profile" {
  command = plan
  variables {
    profile = "cheap"
  }
  expect_failures = [var.profile]
}

run "refuses_private_endpoints_of_another_domain" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], private_endpoints = { domain = "other.example.com", attachments = { a = "projects/p/regions/europe-west4/serviceAttachments/s" } } }
  }
  expect_failures = [var.bridge]
}

run "refuses_more_instances_than_a_region_has" {
  command = plan
  variables {
    processor = { max_instances = 1001 }
  }
  expect_failures = [var.processor]
}

run "refuses_a_processor_without_instances" {
  command = plan
  variables {
    processor = { max_instances = 0 }
  }
  expect_failures = [var.processor]
}

run "refuses_so_few_pixel_processes_that_one_tenant_holds_all" {
  command = plan
  variables {
    processor = { pixel_processes = 3 }
  }
  expect_failures = [var.processor]
}

run "refuses_three_processors_which_cloud_run_does_not_have" {
  command = plan
  variables {
    processor = { cpu = 3 }
  }
  expect_failures = [var.processor]
}

run "refuses_too_little_memory_for_pixels" {
  command = plan
  variables {
    processor = { memory_mib = 512 }
  }
  expect_failures = [var.processor]
}

run "refuses_no_pixel_process" {
  command = plan
  variables {
    processor = { pixel_processes = 0 }
  }
  expect_failures = [var.processor]
}

run "refuses_a_codec_that_is_not_there" {
  command = plan
  variables {
    processor = { codec = "magick" }
  }
  expect_failures = [var.processor]
}

run "refuses_a_broker_without_a_port" {
  command = plan
  variables {
    bridge = { brokers = ["broker"] }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_bridge_without_brokers" {
  command = plan
  variables {
    bridge = { brokers = [] }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_bridge_without_members" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], instances = 0 }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_machine_type_that_is_none" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], machine_type = "small" }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_budget_smaller_than_a_record" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], budget_mib = 1 }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_cluster_without_a_name" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], cluster = "" }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_redrive_topic_as_a_source" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], topics = ["images.redrive"] }
  }
  expect_failures = [var.bridge]
}

run "refuses_no_authentication_at_kafka" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], sasl_mechanism = "none" }
  }
  expect_failures = [var.bridge]
}

run "refuses_more_parts_of_a_sweep_than_shards" {
  command = plan
  variables {
    keeper = { sweep_parts = 33, max_instances = 40 }
  }
  expect_failures = [var.keeper]
}

run "refuses_fewer_keepers_than_a_sweep_and_the_other_jobs_need" {
  command = plan
  variables {
    keeper = { sweep_parts = 8, max_instances = 10 }
  }
  expect_failures = [var.keeper]
}

run "refuses_a_size_that_the_keeper_cannot_have" {
  command = plan
  variables {
    keeper = { cpu = 3 }
  }
  expect_failures = [var.keeper]
}

run "refuses_a_keeper_without_memory" {
  command = plan
  variables {
    keeper = { memory_mib = 256 }
  }
  expect_failures = [var.keeper]
}

run "refuses_a_pseudonym_key_that_has_no_number" {
  command = plan
  variables {
    keeper = { pseudonym_key = 0 }
  }
  expect_failures = [var.keeper]
}

run "refuses_rows_that_settle_for_more_than_a_day" {
  command = plan
  variables {
    keeper = { settle_ms = 90000000 }
  }
  expect_failures = [var.keeper]
}

run "refuses_a_group_without_a_name" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], group = "" }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_mechanism_that_is_not_there" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], sasl_mechanism = "gssapi", client_certificate = true }
  }
  expect_failures = [var.bridge]
}

run "refuses_oauthbearer_without_a_token_endpoint" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], sasl_mechanism = "oauthbearer" }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_user_without_a_name" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], sasl_username = "" }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_collector_without_a_scheme_for_the_bridge" {
  command = plan
  variables {
    bridge = { brokers = ["a.example.com:9092"], otlp_endpoint = "otel.example.com:4318" }
  }
  expect_failures = [var.bridge]
}

run "refuses_a_collector_with_a_path_for_the_processor" {
  command = plan
  variables {
    processor = { otlp_endpoint = "https://otel.example.com/v1/traces", egress = "internet" }
  }
  expect_failures = [var.processor]
}

run "refuses_a_mechanism_that_its_own_nodes_do_not_have" {
  command = plan
  variables {
    bridge             = { sasl_mechanism = "scram-sha-512" }
    self_managed_kafka = { enabled = true, image = "eu.example.com/kafka@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
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

run "refuses_kafka_on_a_machine_type_that_is_none" {
  command = plan
  variables {
    self_managed_kafka = { machine_type = "big" }
  }
  expect_failures = [var.self_managed_kafka]
}

run "refuses_kafka_on_a_disk_too_small" {
  command = plan
  variables {
    self_managed_kafka = { disk_gib = 1 }
  }
  expect_failures = [var.self_managed_kafka]
}

run "refuses_all_users_as_analysts" {
  command = plan
  variables {
    analysts = ["allUsers"]
  }
  expect_failures = [var.analysts]
}

run "refuses_a_whole_domain_as_analysts" {
  command = plan
  variables {
    analysts = ["domain:example.com"]
  }
  expect_failures = [var.analysts]
}

run "refuses_a_machine_as_an_auditor" {
  command = plan
  variables {
    auditors = ["serviceAccount:a@b.iam.gserviceaccount.com"]
  }
  expect_failures = [var.auditors]
}

run "refuses_everybody_as_an_operator" {
  command = plan
  variables {
    operators = ["allAuthenticatedUsers"]
  }
  expect_failures = [var.operators]
}

run "refuses_an_address_that_is_none" {
  command = plan
  variables {
    alert_emails = ["oncall"]
  }
  expect_failures = [var.alert_emails]
}

run "refuses_alerts_to_nobody" {
  command = plan
  variables {
    alert_emails = []
  }
  expect_failures = [var.alert_emails]
}

run "refuses_a_billing_account_that_is_none" {
  command = plan
  variables {
    budget = { billing_account = "my-account" }
  }
  expect_failures = [var.budget]
}

run "refuses_a_budget_of_nothing" {
  command = plan
  variables {
    budget = { amount = 0 }
  }
  expect_failures = [var.budget]
}

run "refuses_a_currency_that_is_none" {
  command = plan
  variables {
    budget = { currency = "euro" }
  }
  expect_failures = [var.budget]
}

run "refuses_a_repository_by_name" {
  command = plan
  variables {
    github_repository_id = "example/tintype"
  }
  expect_failures = [var.github_repository_id]
}

run "refuses_a_ceiling_below_the_instances" {
  command = plan
  variables {
    processor = { ceiling = 99 }
  }
  expect_failures = [var.processor]
}

run "refuses_a_pager_that_is_no_channel" {
  command = plan
  variables {
    pager_channels = ["+49 30 901820"]
  }
  expect_failures = [var.pager_channels]
}

run "refuses_one_recoverer_in_production" {
  command = plan
  variables {
    environment = "production"
    recoverers  = ["user:one@example.com", "user:one@example.com"]
  }
  expect_failures = [var.recoverers]
}

run "refuses_a_group_of_recoverers" {
  command = plan
  variables {
    recoverers = ["group:all@example.com"]
  }
  expect_failures = [var.recoverers]
}

run "refuses_a_lock_in_preview" {
  command = plan
  variables {
    certificates_locked = true
  }
  expect_failures = [var.certificates_locked]
}

run "refuses_a_collector_of_traces_that_the_processor_cannot_reach" {
  command = plan
  variables {
    processor = { otlp_endpoint = "https://otel.example.com" }
  }
  expect_failures = [var.processor]
}

run "refuses_an_egress_that_is_not_there" {
  command = plan
  variables {
    keeper = { egress = "none" }
  }
  expect_failures = [var.keeper]
}

run "refuses_a_dispatcher_without_instances" {
  command = plan
  variables {
    webhooks = { max_instances = 0 }
  }
  expect_failures = [var.webhooks]
}

run "refuses_a_dispatcher_of_three_processors" {
  command = plan
  variables {
    webhooks = { cpu = 3 }
  }
  expect_failures = [var.webhooks]
}

run "refuses_a_dispatcher_without_memory" {
  command = plan
  variables {
    webhooks = { memory_mib = 256 }
  }
  expect_failures = [var.webhooks]
}
