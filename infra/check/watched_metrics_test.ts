/** Every metric that a dashboard or an alert reads is exported by somebody and, where it is ours, scraped. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createMetrics as createBridgeMetrics } from "@tintype/kafka-bridge/operations/metrics";
import { createKeeperMetrics } from "@tintype/processor/telemetry/keeper_metrics";
import { createMetrics } from "@tintype/processor/telemetry/metrics";
import { createWebhookMetrics } from "@tintype/processor/telemetry/webhook_metrics";
import { outputsOf, WITHOUT_TERRAFORM as skip } from "./_outputs_testing.ts";
import production from "./expected/production.json" with { type: "json" };
import grafana from "../grafana/tintype.json" with { type: "json" };

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const bridge = createBridgeMetrics({
  inFlight: () => 0,
  lags: () => [],
  isCircuitOpen: () => false,
  oldestResultMs: () => undefined,
});
const SIDECAR = /for_each = module\.contract\.metrics_sidecars/;
/** What each part exposes, and which line of which file makes its scraper. */
const PARTS: Readonly<Record<string, readonly [text: string, file: string, scraper: RegExp]>> = {
  processor: [await createMetrics(() => 0).text(), "terraform/processor.tf", SIDECAR],
  keeper: [await createKeeperMetrics().text(), "terraform/keeper.tf", SIDECAR],
  webhooks: [await createWebhookMetrics(() => 0).text(), "terraform/webhooks.tf", SIDECAR],
  bridge: [
    await bridge.registry.metrics(),
    "terraform/templates/bridge.yaml.tftpl",
    /targets: \["127\.0\.0\.1:8081"\][^]*receivers: \[prometheus\]\n.*\n +exporters: \[googlemanagedprometheus\]/,
  ],
};
const BRIDGE_REPORT = read("terraform/bridge.tf") + read("terraform/templates/bridge.yaml.tftpl");
/** Google's own metrics, and the resource that each is about (https://cloud.google.com/monitoring/api/metrics_gcp). */
const GOOGLES: Readonly<Record<string, string>> = {
  "pubsub_googleapis_com:subscription_dead_letter_message_count": "google_pubsub_subscription",
  "pubsub_googleapis_com:subscription_num_undelivered_messages": "google_pubsub_subscription",
  "pubsub_googleapis_com:subscription_oldest_unacked_message_age": "google_pubsub_subscription",
  "pubsub_googleapis_com:subscription_push_request_count": "google_pubsub_subscription",
  "pubsub_googleapis_com:topic_send_request_count": "google_pubsub_topic",
  "run_googleapis_com:request_count": "google_cloud_run_v2_service",
  "run_googleapis_com:container_instance_count": "google_cloud_run_v2_service",
  "storage_googleapis_com:storage_v2_total_count": "google_storage_bucket",
  "monitoring_googleapis_com:uptime_check_check_passed": "google_monitoring_uptime_check_config",
};

const kinds = new Map(
  Object.entries(PARTS).flatMap(([part, [text]]) =>
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((
      [, name, kind],
    ) => [`${name}`, { part, kind }])
  ),
);

/** Why nobody delivers a metric, or the query asks for it in a way of another kind; undefined where all is well. */
function faultOf(metric: string, query: string, logMetrics: readonly string[]): string | undefined {
  const log = /^logging_googleapis_com:user_tintype_(\w+)$/.exec(metric)?.[1];
  if (log !== undefined) return logMetrics.includes(log) ? undefined : "no log metric";
  const own = /^custom_googleapis_com:tintype_bridge_(lag|unready)/.exec(metric)?.[1];
  if (own !== undefined) {
    const name = metric.slice("custom_googleapis_com:tintype_".length);
    const isMade = BRIDGE_REPORT.includes(`custom.googleapis.com/\${var.prefix}/${name}"`);
    return isMade && BRIDGE_REPORT.includes(`$(series \${${own}_metric}`)
      ? undefined
      : "not written";
  }
  if (metric.includes(":")) {
    return Object.hasOwn(production.resources, GOOGLES[metric] ?? "") ? undefined : "not Google's";
  }
  const histogram = metric.replace(/_bucket$/, "");
  const { part = "", kind } = kinds.get(metric) ?? kinds.get(histogram) ?? {};
  if (kind === undefined) return "exposed by no part";
  if ((metric !== histogram) !== (kind === "histogram")) return `a ${kind}`;
  if (/(rate|increase)\(/.test(query) === (kind === "gauge")) return `a ${kind}`;
  const [, file = "", scraper = /$^/] = PARTS[part] ?? [];
  if (!scraper.test(read(file))) return "not scraped";
  return production.grants.includes(`${part}: measure on project`)
    ? undefined
    : "may not be written";
}

/** What selects nothing: a subscription, topic or service of a query that this environment does not have. */
function strangersIn(query: string, names: readonly string[]): string[] {
  const label = /\b(?:subscription_id|topic_id|service_name)(=~?)'([^']+)'/g;
  return [...query.matchAll(label)].flatMap(([, operator, text = ""]) => {
    const [, before = "", inside, after = ""] = /^(.*?)\((.*)\)(.*)$/.exec(text) ?? [, text];
    const each = (inside ?? "").split("|").map((one) => before + one + after);
    return each.filter((one) =>
      !names.some((name) => operator === "=" ? name === one : new RegExp(`^${one}$`).test(name))
    );
  });
}

const NAMES = /\b[a-z]+_googleapis_com:\w+|\b(?<!:)tintype_[a-z_]+/g;
const names = (query: string) => query.match(NAMES) ?? [];
const faultsOf = (query: string, logMetrics: readonly string[]) =>
  names(query).flatMap((metric) => {
    const fault = faultOf(metric, query, logMetrics);
    return fault === undefined ? [] : [`${metric}: ${fault}`];
  });

/** Metrics of Terraform's dashboard as PromQL names them. */
const TERRAFORM = [...read("terraform/dashboard.tf").matchAll(/metric\.type=\\"(.+?)\\"/g)]
  .map(([, type = ""]) =>
    type.replace(/^logging.*metric\["(\w+)"\].*$/, "logging.googleapis.com/user/tintype_$1")
  )
  .map((type) =>
    type.replace("${local.lag_metric}", "custom.googleapis.com/tintype/bridge_lag_records")
  )
  .map((type) => type.replace("/", ":").replaceAll(/[./]/g, "_"));

test("what alerts and dashboards read somebody delivers", { skip }, async () => {
  const outputs = await outputsOf("production");
  const texts = (name: string, field?: string) =>
    Object.values(Object(outputs[name]?.value))
      .map((each) => String(field === undefined ? each : Object(each)[field] ?? ""));
  const logMetrics = Object.keys(Object(outputs["log_metrics"]?.value));
  const alerts = texts("alerts", "query").filter((query) => query !== "");
  const panels = grafana.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  assert.ok(alerts.length > 15 && panels.length > 20 && TERRAFORM.length > 8);
  for (const query of [...alerts, ...panels, ...TERRAFORM]) {
    assert.notEqual(names(query).length, 0, query);
    assert.deepEqual(faultsOf(query, logMetrics), [], query);
  }
  const known = [...texts("subscriptions"), ...texts("topics"), ...texts("services", "name")];
  for (const query of alerts) assert.deepEqual(strangersIn(query, known), [], query);
  const wrong = "max(a{subscription_id=~'tintype-(events|gone)'}) or b{topic_id='tintype-else'}";
  assert.deepEqual(strangersIn(wrong, known), ["tintype-gone", "tintype-else"]);
});

for (
  const [query, fault] of [
    ["sum(rate(tintype_processor_nothing_total[5m]))", "exposed by no part"],
    ["sum(tintype_processor_deliveries_total)", "a counter"],
    ["max(rate(tintype_keeper_days_ahead[5m]))", "a gauge"],
    ["sum(rate(tintype_processor_stage_seconds[5m]))", "a histogram"],
    ["max(custom_googleapis_com:tintype_bridge_lag_bytes)", "not written"],
    ["sum(increase(logging_googleapis_com:user_tintype_sweeps[5m]))", "no log metric"],
    ["max(pubsub_googleapis_com:subscription_oldest_message_age)", "not Google's"],
    ["max(compute_googleapis_com:instance_uptime)", "not Google's"],
  ] as const
) {
  test(`a query of ${names(query)} would be found: ${fault}`, () => {
    assert.deepEqual(faultsOf(query, ["days"]), [`${names(query)}: ${fault}`]);
  });
}

test("every part is on the dashboard, and each panel reads the source that a person chooses", () => {
  const text = JSON.stringify(grafana);
  for (const part of Object.keys(PARTS)) assert.ok(text.includes(`tintype_${part}_`), part);
  const sources = grafana.panels.map(({ datasource }) => datasource.uid);
  assert.deepEqual(new Set(sources), new Set(["${source}"]));
});
