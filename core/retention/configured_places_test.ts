import assert from "node:assert/strict";
import { test } from "node:test";
import { placeSchema } from "./certificate.ts";
import { configuredPlaces } from "./configured_places.ts";
import { RETENTION_POLICY, retentionPolicyOf } from "./policy.ts";

test("configuredPlaces() names every place that no sweep can look into, as configured, with its bound", () => {
  const places = configuredPlaces(RETENTION_POLICY);
  assert.deepEqual(places.map(({ place }) => place), [
    "lifecycle_rules",
    "unfinished_sessions",
    "unfinished_multipart",
    "soft_deleted",
    "events",
    "dead_letters",
    "kafka_topics",
    "row_partitions",
    "warehouse_history",
    "logs",
  ]);
  for (const place of places) {
    assert.equal(place.evidence, "configured");
    assert.deepEqual(placeSchema.parse(place), place);
  }
  const [, sessions] = configuredPlaces(retentionPolicyOf(90_000));
  assert.match(sessions?.bound ?? "", /the last 1\.072 s of the period/);
  const kafka = places.find(({ place }) => place === "kafka_topics");
  assert.match(kafka?.bound ?? "", /72 h, dead letters and redrive for 48 h, .* 12 h/);
});
