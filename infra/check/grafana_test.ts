/** The dashboard asks for metrics that the parts expose, and every part of ours is on it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createMetrics as createBridgeMetrics } from "@tintype/kafka-bridge/operations/metrics";
import { createKeeperMetrics } from "@tintype/processor/telemetry/keeper_metrics";
import { createMetrics } from "@tintype/processor/telemetry/metrics";
import { createWebhookMetrics } from "@tintype/processor/telemetry/webhook_metrics";

const FILE = new URL("../grafana/tintype.json", import.meta.url);
const { panels }: {
  readonly panels: readonly {
    readonly targets: readonly { readonly expr: string }[];
    readonly datasource: { readonly uid: string };
  }[];
} = JSON.parse(readFileSync(FILE, "utf8"));
const GOOGLES = /\b(?!tintype_)[a-z]+_googleapis_com:[a-z_]+/g;
/** The members' machines write it (infra/terraform/templates/bridge.yaml.tftpl), by the default prefix. */
const OWN = "custom_googleapis_com:tintype_bridge_lag_records";

const bridge = createBridgeMetrics({
  inFlight: () => 0,
  lags: () => [],
  isCircuitOpen: () => false,
  oldestResultMs: () => undefined,
});
const exposed = [
  await createMetrics(() => 0).text(),
  await createKeeperMetrics().text(),
  await createWebhookMetrics(() => 0).text(),
  await bridge.registry.metrics(),
].join("\n");
const kinds = new Map(
  [...exposed.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", kind = ""]) => [name, kind]),
);
const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

test("every metric of ours that the dashboard names is one that a part exposes, asked for by its kind", () => {
  for (const query of queries) {
    const own = query.replaceAll(GOOGLES, "").match(/\btintype_[a-z_]+/g) ?? [];
    for (const name of own) {
      const histogram = name.replace(/_bucket$/, "");
      const kind = kinds.get(name) ?? kinds.get(histogram);
      assert.ok(kind !== undefined, `${name} is exposed by no part: ${query}`);
      assert.equal(name !== histogram, kind === "histogram", query);
      const isRate = /(rate|increase)\(/.test(query);
      assert.equal(isRate, kind !== "gauge", `${name} is a ${kind}: ${query}`);
    }
    assert.ok(own.length > 0 || query.match(GOOGLES) !== null, query);
  }
  assert.ok(queries.some((query) => query.includes(OWN)));
});

test("every part is on the dashboard, and each panel reads the source that a person chooses", () => {
  for (const part of ["processor", "keeper", "webhooks", "bridge"]) {
    assert.ok(queries.some((query) => query.includes(`tintype_${part}_`)), part);
  }
  const sources = panels.map(({ datasource }) => datasource.uid);
  assert.deepEqual(new Set(sources), new Set(["${source}"]));
});
