import assert from "node:assert/strict";
import { test } from "node:test";
import { placeSchema } from "./certificate.ts";
import { configuredPlaces } from "./configured_places.ts";
import { RETENTION_POLICY, retentionPolicyOf } from "./policy.ts";

test("configuredPlaces() names every place that no sweep can look into, as configured, with its bound", () => {
  for (const place of configuredPlaces(RETENTION_POLICY)) {
    assert.equal(place.evidence, "configured");
    assert.deepEqual(placeSchema.parse(place), place);
  }
  const bounds = configuredPlaces(retentionPolicyOf(90_000)).map(({ bound }) => bound).join("\n");
  assert.match(bounds, /the last 1\.072 s of the period/);
  assert.match(bounds, /72 h, dead letters, results and redrive for 48 h, .* 12 h/);
});
