import assert from "node:assert/strict";
import { test } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { makeQueue } from "./_testing.ts";

const DAY_S = 86_400;
const SLOW = [0, 1, 2, 3, 4, 5, 6, 7, "dead"].map((lane) => `tintype-slow-${lane}`);
const WEBHOOKS = [
  "tintype-webhooks-push",
  ...SLOW.slice(0, 8).map((id) => id.replace("slow", "webhooks-slow")),
];

test("the topology has Terraform's names, and keeps messages their share of the period", (t) => {
  const keptBy = (retentionMs: number) => {
    const { broker } = makeQueue(t, { retentionMs, processorUrl: "http://localhost:8080" });
    return Object.fromEntries(
      broker.subscriptions.all().map((each) => [
        each.name.replace("projects/tintype-local/subscriptions/", ""),
        Number(each.messageRetentionDuration.slice(0, -1)),
      ]),
    );
  };
  assert.deepEqual(keptBy(7 * DAY_S * 1_000), {
    "tintype-certificates-bigquery": 3 * DAY_S,
    "tintype-events": 3 * DAY_S,
    "tintype-events-dead": 3 * DAY_S,
    "tintype-images-bigquery": 3 * DAY_S,
    "tintype-images-edge": 3 * DAY_S,
    "tintype-images-dead": 3 * DAY_S,
    "tintype-images-results": 3 * DAY_S,
    "tintype-images-webhooks": 3 * DAY_S,
    "tintype-webhooks-dead": 3 * DAY_S,
    ...Object.fromEntries(SLOW.map((id) => [id, 3 * DAY_S])),
    ...Object.fromEntries(WEBHOOKS.map((id) => [id, DAY_S])),
  });
  assert.equal(keptBy(3_500_000)["tintype-events"], 1_500);
  assert.equal(keptBy(3_500_000)["tintype-events-dead"], 1_500);
  assert.equal(keptBy(90_000)["tintype-events"], 60);
  assert.equal(keptBy(90_000)["tintype-events-dead"], 60);
});

test("events are pushed with the endpoint as audience and 100 attempts, dead letters without a policy", (t) => {
  const { broker } = makeQueue(t, { processorUrl: "http://localhost:8080" });
  const of = (id: string) => broker.subscriptions.get(`projects/tintype-local/subscriptions/${id}`);
  const { pushConfig, deadLetterPolicy, ackDeadlineSeconds } = of("tintype-events");
  assert.deepEqual(pushConfig, {
    pushEndpoint: "http://localhost:8080/events/storage",
    oidcToken: {
      serviceAccountEmail: "push@tintype-local.iam.gserviceaccount.com",
      audience: "http://localhost:8080/events/storage",
    },
  });
  assert.equal(ackDeadlineSeconds, 600);
  assert.deepEqual(deadLetterPolicy, {
    deadLetterTopic: "projects/tintype-local/topics/tintype-events-dead",
    maxDeliveryAttempts: 100,
  });
  assert.equal(of("tintype-events-dead").deadLetterPolicy, undefined);
  const { filter, pushConfig: toEdge } = of("tintype-images-edge");
  assert.match(toEdge.pushEndpoint ?? "", /\/events\/records$/);
  assert.equal(
    filter,
    'attributes.source = "edge" AND (attributes.type = "image.rejected" OR attributes.tenant = "synthetic")',
  );
  const slow = of("tintype-slow-7");
  assert.equal(slow.pushConfig.pushEndpoint, "http://localhost:8080/events/slow");
  assert.deepEqual(slow.deadLetterPolicy, {
    deadLetterTopic: "projects/tintype-local/topics/tintype-slow-dead",
    maxDeliveryAttempts: 100,
  });
  const webhooks = of("tintype-webhooks-slow-7");
  assert.equal(webhooks.pushConfig.pushEndpoint, "http://localhost:1/events/slow");
  assert.equal(webhooks.deadLetterPolicy, undefined, "the dispatcher ends them");
  const rows = { table: "tintype-local.tintype.images", useTableSchema: true };
  assert.deepEqual(of("tintype-images-bigquery").bigqueryConfig, rows);
});

test("a second start gives the subscriptions that are there the settings of then", async (t) => {
  const db = new DatabaseSync(":memory:");
  const first = makeQueue(t, { db, processorUrl: "http://localhost:1" });
  await first.configure({ hold: true });
  first.publish("a");
  await first.broker.close(0);
  const second = makeQueue(t, { db, processorUrl: "http://localhost:2" });
  const name = "projects/tintype-local/subscriptions/tintype-events";
  const { pushConfig } = second.broker.subscriptions.get(name);
  assert.equal(pushConfig.pushEndpoint, "http://localhost:2/events/storage");
  const { queued, delivering } = second.status();
  assert.equal(queued + delivering, 1);
});
