import assert from "node:assert/strict";
import { test } from "node:test";
import {
  KAFKA_FILE,
  type ObservedTopic,
  serializeKafkaObservation,
  type TopicSettings,
} from "../model/kafka_observation.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { KAFKA_TOPICS } from "./configured_places.ts";
import { sweepExpired } from "./sweep_expired.ts";

const HOUR_MS = 3_600_000;
const RIGHT = {
  cleanupPolicy: "delete",
  retentionMs: 72 * HOUR_MS,
  segmentMs: 12 * HOUR_MS,
  timestampType: "LogAppendTime",
} as const;

/** What the certificate says of Kafka after the bridge wrote that, `hours` ago. */
async function placeAfter(topics: ObservedTopic[] | string, hours = 1) {
  const world = new TestWorld();
  const observedAt = new Date(NOON_MS - hours * HOUR_MS).toISOString();
  const bytes = typeof topics === "string"
    ? new TextEncoder().encode(topics)
    : serializeKafkaObservation({ observedAt, cluster: "main", topics });
  await world.config.put(KAFKA_FILE, bytes);
  const { places } = await sweepExpired(world.ports);
  const place = places.find(({ place }) => place === KAFKA_TOPICS) ?? assert.fail();
  return [place.evidence, place.bound, place.lookedAt, place.overdue] as const;
}

const BY_PRODUCERS = { timestampType: "CreateTime" } as const;
const REFUSED = "refused (segments of 12 h, CreateTime)";
const COMPACTED = "refused (segments of 12 h, cleanup.policy compact,delete)";

/** What was seen of a topic, what the certificate says of it, and whether it is overdue. */
const SEEN: readonly (readonly [
  verdict: ObservedTopic["verdict"],
  settings: Partial<TopicSettings> | null,
  bound: string,
  overdue: number,
])[] = [
  ["within", {}, "observed 72 h (segments of 12 h)", 0],
  ["accepted", { retentionMs: 168 * HOUR_MS }, "observed 168 h, accepted (segments of 12 h)", 0],
  ["refused", { retentionMs: -1, ...BY_PRODUCERS }, `observed unlimited retention, ${REFUSED}`, 1],
  ["refused", { cleanupPolicy: "compact,delete" }, `observed 72 h, ${COMPACTED}`, 1],
  ["refused", BY_PRODUCERS, `observed 72 h, ${REFUSED}`, 0],
  ["unknown", null, "not observed, as the bridge may not read its settings", 0],
];

for (const [verdict, differs, bound, overdue] of SEEN) {
  test(`a certificate says of a Kafka topic: ${bound}`, async () => {
    const settings = differs && { ...RIGHT, ...differs };
    const place = await placeAfter([{ topic: "images", verdict, settings }]);
    assert.deepEqual(place, ["observed", `images: ${bound}`, 1, overdue]);
  });
}

test("a certificate says nothing more than what is configured where nobody has looked lately", async () => {
  const topics = [{ topic: "images", verdict: "within" as const, settings: RIGHT }];
  for (const place of [await placeAfter(topics, 4), await placeAfter("{"), await placeAfter([])]) {
    assert.equal(place[0], "configured");
    assert.match(place[1], /^records are kept for 72 h/);
  }
});
