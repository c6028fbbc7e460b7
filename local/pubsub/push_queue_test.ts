import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { eventually } from "@tintype/core/testing/eventually";
import { finalized, makeQueue, publish, type Pushed, startPushes } from "./_testing.ts";

test("a push has the body of Pub/Sub with the notification of Cloud Storage in it", async (t) => {
  const { queue, pushed } = await startPushes(t, () => 204);
  queue.enqueue({ ...finalized("2026-11-21/acme/o/1"), overwroteGeneration: "16" });
  queue.wake();
  await eventually("delivered", () => queue.status().delivered === 1);

  const [{ path, body }] = pushed as [Pushed];
  assert.equal(path, "/events/storage");
  assert.equal(body.subscription, "projects/tintype-local/subscriptions/tintype-events-push");
  assert.equal(body.deliveryAttempt, 1);
  const { messageId, message_id, publishTime, publish_time, attributes, data } = body.message;
  assert.match(messageId, /^\d{6,20}$/);
  assert.equal(message_id, messageId);
  assert.equal(publish_time, publishTime);
  assert.ok(Math.abs(Date.parse(publishTime) - Date.now()) < 10_000);
  const { eventTime, ...others } = attributes;
  assert.ok(Math.abs(Date.parse(eventTime ?? "") - Date.now()) < 10_000);
  assert.deepEqual(others, {
    notificationConfig: "projects/_/buckets/tintype-raw/notificationConfigs/1",
    eventType: "OBJECT_FINALIZE",
    payloadFormat: "JSON_API_V1",
    bucketId: "tintype-raw",
    objectId: "2026-11-21/acme/o/1",
    objectGeneration: "1700000000000001",
    overwroteGeneration: "16",
  });
  const resource = JSON.parse(Buffer.from(data, "base64").toString());
  assert.deepEqual(resource, finalized("2026-11-21/acme/o/1").resource);
});

test("a push carries a token of the push account for the endpoint's own address", async (t) => {
  const { queue, pushed, oidcUrl, state, endpoint } = await startPushes(t, () => 200);
  publish(queue, "a", "b", "c");
  await eventually("delivered", () => queue.status().delivered === 3);

  const [{ authorization }] = pushed as [Pushed];
  const token = authorization.replace(/^Bearer /, "");
  const certs = createRemoteJWKSet(new URL(`${oidcUrl}/google/certs`));
  const { payload } = await jwtVerify(token, certs, {
    issuer: "https://accounts.google.com",
    audience: `${endpoint.processorUrl}/events/storage`,
  });
  assert.equal(payload["email"], "push@tintype-local.iam.gserviceaccount.com");
  assert.equal(state.tokens, 1);
});

test("other buckets and other event types make no message", (t) => {
  const queue = makeQueue(t);
  assert.equal(queue.enqueue({ ...finalized("a"), bucket: "tintype-processed" }), false);
  assert.equal(queue.enqueue({ ...finalized("a"), eventType: "OBJECT_DELETE" }), false);
  assert.equal(queue.status().queued, 0);
});

test("enqueue() belongs to the caller's transaction", (t) => {
  const db = new DatabaseSync(":memory:");
  const queue = makeQueue(t, { db });
  db.exec("BEGIN");
  queue.enqueue(finalized("a"));
  assert.equal(queue.status().queued, 1);
  db.exec("ROLLBACK");
  assert.equal(queue.status().queued, 0);
});

for (const status of [200, 201, 202, 204]) {
  test(`${status} acknowledges a push for good`, async (t) => {
    const { queue, pushed } = await startPushes(t, () => status);
    publish(queue, "a");
    await eventually("delivered", () => queue.status().delivered === 1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(pushed.length, 1);
  });
}

for (const status of [203, 301, 400, 429, 503]) {
  test(`${status} refuses a push, which comes again as the same message`, async (t) => {
    const { queue, pushed } = await startPushes(t, (_, count) => count === 1 ? status : 204);
    publish(queue, "a");
    await eventually("delivered", () => queue.status().delivered === 1);
    assert.deepEqual(pushed.map(({ body }) => body.deliveryAttempt), [1, 2]);
    assert.equal(new Set(pushed.map(({ body }) => body.message.messageId)).size, 1);
  });
}

test("a push that is not answered by the ack deadline is refused", async (t) => {
  const never = new Promise<number>(() => {});
  const { queue, pushed } = await startPushes(t, (_, count) => count === 1 ? never : 204, {
    policy: { ackDeadlineMs: 50 },
  });
  publish(queue, "a");
  await eventually("delivered", () => queue.status().delivered === 1);
  assert.equal(pushed.length, 2);
});

test("a refused push comes again after its backoff", async (t) => {
  const policy = { minBackoffMs: 50, maxBackoffMs: 200, maxAttempts: 9 };
  const { queue, pushed } = await startPushes(t, (_, count) => count < 5 ? 503 : 204, { policy });
  publish(queue, "a");
  await eventually("delivered", () => queue.status().delivered === 1);
  const waits = pushed.slice(1).map(({ atMs }, index) => atMs - (pushed[index]?.atMs ?? 0));
  [50, 100, 200, 200].forEach((least, index) => {
    const wait = waits[index] ?? 0;
    assert.ok(wait >= least - 2, `wait ${index} is ${wait} ms, not ${least}`);
  });
});

test("no more pushes are under way at once than the concurrency allows", async (t) => {
  let underWay = 0;
  let most = 0;
  const { queue } = await startPushes(t, async () => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, 20));
    underWay--;
    return 204;
  }, { policy: { concurrency: 3 } });
  publish(queue, ...Array.from({ length: 12 }, (_, index) => `${index}`));
  await eventually("delivered", () => queue.status().delivered === 12);
  assert.equal(most, 3);
});

test("without an identity token nothing is sent and no attempt is spent", async (t) => {
  const { queue, pushed, state } = await startPushes(t, () => 204);
  state.working = false;
  publish(queue, "a");
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(pushed.length, 0);
  state.working = true;
  await eventually("delivered", () => queue.status().delivered === 1);
  assert.equal(pushed[0]?.body.deliveryAttempt, 1);
});

test("a refused token is not used again", async (t) => {
  const { queue, state } = await startPushes(t, (_, count) => count === 1 ? 401 : 204);
  publish(queue, "a");
  await eventually("delivered", () => queue.status().delivered === 1);
  assert.equal(state.tokens, 2);
});

test("after the last attempt the event is pushed to the dead letters until it is taken", async (t) => {
  let deadTries = 0;
  const { queue, pushed } = await startPushes(t, ({ path }) => {
    if (path === "/events/storage") return 500;
    return ++deadTries <= 4 ? 500 : 204;
  });
  publish(queue, "a");
  await eventually("dead letter delivered", () => queue.status().deadDelivered === 1);

  const events = pushed.filter(({ path }) => path === "/events/storage");
  const letters = pushed.filter(({ path }) => path === "/events/dead");
  assert.deepEqual(events.map(({ body }) => body.deliveryAttempt), [1, 2, 3]);
  assert.equal(letters.length, 5);
  const [{ body }] = letters as [Pushed];
  assert.equal(body.subscription, "projects/tintype-local/subscriptions/tintype-dead-push");
  assert.equal("deliveryAttempt" in body, false);
  assert.notEqual(body.message.messageId, events[0]?.body.message.messageId);
  const { attributes } = body.message;
  assert.equal(attributes["objectId"], "a");
  assert.equal(attributes["CloudPubSubDeadLetterSourceDeliveryCount"], "3");
  assert.equal(attributes["CloudPubSubDeadLetterSourceSubscription"], "tintype-events-push");
  const publishTime = attributes["CloudPubSubDeadLetterSourceTopicPublishTime"];
  assert.equal(publishTime, events[0]?.body.message.publishTime);
  const { deadLettered, delivered, dead, queued } = queue.status();
  assert.deepEqual({ deadLettered, delivered, dead, queued }, {
    deadLettered: 1,
    delivered: 0,
    dead: 1,
    queued: 0,
  });
});

test("redrive() sends dead letters again as fresh events", async (t) => {
  let broken = true;
  const { queue, pushed } = await startPushes(
    t,
    ({ path }) => path === "/events/storage" && broken ? 500 : 204,
  );
  publish(queue, "a");
  await eventually("dead letter delivered", () => queue.status().deadDelivered === 1);
  broken = false;
  const before = pushed.length;
  assert.equal(queue.redrive(), 1);
  await eventually("redriven", () => queue.status().delivered === 1);
  const [again] = pushed.slice(before);
  assert.equal(again?.path, "/events/storage");
  assert.equal(again?.body.deliveryAttempt, 1);
  assert.notEqual(again?.body.message.messageId, pushed[0]?.body.message.messageId);
  assert.equal(
    "CloudPubSubDeadLetterSourceDeliveryCount" in (again?.body.message.attributes ?? {}),
    false,
  );
  assert.equal(queue.redrive(), 0);
});

test("what a killed process was delivering is delivered by the next one", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "tintype-push-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "push.db");
  const never = new Promise<number>(() => {});
  const { endpoint, pushed } = await startPushes(t, (_, count) => count === 1 ? never : 204);

  const killed = new DatabaseSync(path);
  const first = makeQueue(t, { ...endpoint, db: killed });
  publish(first, "a");
  await eventually("under way", () => pushed.length === 1);
  assert.equal(first.status().delivering, 1);

  const reopened = new DatabaseSync(path);
  const second = makeQueue(t, { ...endpoint, db: reopened });
  second.wake();
  await eventually("delivered", () => second.status().delivered === 1);
  assert.equal(pushed[1]?.body.message.messageId, pushed[0]?.body.message.messageId);
  assert.equal(pushed[1]?.body.deliveryAttempt, 2);
});

test("close() queues again what it cuts, and delivers nothing more", async (t) => {
  const { queue, pushed } = await startPushes(t, () => new Promise(() => {}));
  publish(queue, "a");
  await eventually("under way", () => pushed.length === 1);
  await queue.close(20);
  const { queued, delivering } = queue.status();
  assert.deepEqual({ queued, delivering }, { queued: 1, delivering: 0 });
});

test("messages outlive neither a day of seven nor the same share of a shorter period", async (t) => {
  let nowMs = Date.UTC(2026, 10, 21);
  const clock = { now: () => nowMs };
  const expiredAfter = async (retentionMs: number, ageMs: number) => {
    const queue = makeQueue(t, { clock, policy: { retentionMs } });
    queue.configure({ hold: true });
    queue.enqueue(finalized("a"));
    nowMs += ageMs;
    queue.wake();
    await new Promise((resolve) => setTimeout(resolve, 10));
    return queue.status().expired;
  };
  const week = 7 * 86_400_000;
  assert.equal(await expiredAfter(week, 86_400_000 - 1), 0);
  assert.equal(await expiredAfter(week, 86_400_001), 1);
  assert.equal(await expiredAfter(90_000, 59_999), 0);
  assert.equal(await expiredAfter(90_000, 60_001), 1);
});
