import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { eventually } from "@tintype/core/testing/eventually";
import { makeQueue, type Pushed, startPushes } from "./_testing.ts";

test("a push has the body of Pub/Sub, with the message's names twice", async (t) => {
  const { queue, pushed } = await startPushes(t, () => 204);
  queue.publish("2026-11-21/acme/o/1");
  await eventually("delivered", () => queue.status().delivered === 1);

  const [{ path, body }] = pushed as [Pushed];
  assert.equal(path, "/events/storage");
  assert.equal(body.subscription, "projects/tintype-local/subscriptions/tintype-events");
  assert.equal(body.deliveryAttempt, 1);
  const { messageId, message_id, publishTime, publish_time, attributes, data } = body.message;
  assert.match(messageId, /^\d{6,20}$/);
  assert.equal(message_id, messageId);
  assert.equal(publish_time, publishTime);
  assert.ok(Math.abs(Date.parse(publishTime) - Date.now()) < 10_000);
  assert.deepEqual(attributes, { objectId: "2026-11-21/acme/o/1" });
  assert.equal(data, "e30=");
});

test("a push carries a token of the push account for the endpoint's own address", async (t) => {
  const { queue, pushed, oidcUrl, state, endpoint } = await startPushes(t, () => 200);
  queue.publish("a", "b", "c");
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

test("200, 201, 202 and 204 acknowledge a push, any other status brings the same message again", async (t) => {
  const statuses = [200, 201, 202, 204, 203, 301, 400, 429, 503];
  const nameOf = ({ body }: Pushed) => body.message.attributes["objectId"];
  const { queue, pushed } = await startPushes(
    t,
    (one) => one.body.deliveryAttempt === 1 ? Number(nameOf(one)) : 204,
  );
  queue.publish(...statuses.map(String));
  await eventually("delivered", () => queue.status().delivered === statuses.length);
  for (const status of statuses) {
    const own = pushed.filter((each) => nameOf(each) === String(status));
    assert.equal(own.length, [200, 201, 202, 204].includes(status) ? 1 : 2, `${status}`);
    assert.equal(new Set(own.map(({ body }) => body.message.messageId)).size, 1);
  }
});

test("a push that is not answered by the ack deadline is refused", async (t) => {
  const never = new Promise<number>(() => {});
  const { queue, pushed } = await startPushes(t, (_, count) => count === 1 ? never : 204, {
    timing: { ackDeadlineMs: 100, maxAttempts: undefined },
  });
  queue.publish("a");
  await eventually("delivered", () => queue.status().delivered === 1);
  // A busy machine may be late with the second response, too.
  const attempts = pushed.map(({ body }) => body.deliveryAttempt);
  assert.deepEqual(attempts, attempts.map((_, index) => index + 1));
  assert.ok(attempts.length >= 2);
});

test("no more pushes are under way at once than the concurrency allows", async (t) => {
  let underWay = 0;
  let most = 0;
  const { queue } = await startPushes(t, async () => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, 20));
    underWay--;
    return 204;
  }, { timing: { concurrency: 3 } });
  queue.publish(...Array.from({ length: 12 }, (_, index) => `${index}`));
  await eventually("delivered", () => queue.status().delivered === 12);
  assert.equal(most, 3);
});

test("without an identity token nothing is sent and no attempt is spent", async (t) => {
  const { queue, pushed, state } = await startPushes(t, () => 204);
  state.working = false;
  queue.publish("a");
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(pushed.length, 0);
  state.working = true;
  await eventually("delivered", () => queue.status().delivered === 1);
  assert.equal(pushed[0]?.body.deliveryAttempt, 1);
});

test("a refused token is not used again", async (t) => {
  const { queue, state } = await startPushes(t, (_, count) => count === 1 ? 401 : 204);
  queue.publish("a");
  await eventually("delivered", () => queue.status().delivered === 1);
  assert.equal(state.tokens, 2);
});

test("after the last attempt the event is pushed to the dead letters until it is taken", async (t) => {
  let deadTries = 0;
  const { queue, pushed } = await startPushes(t, ({ path }) => {
    if (path === "/events/storage") return 500;
    return ++deadTries <= 4 ? 500 : 204;
  });
  queue.publish("a");
  await eventually("dead letter delivered", () => queue.status().deadDelivered === 1);

  const events = pushed.filter(({ path }) => path === "/events/storage");
  const letters = pushed.filter(({ path }) => path === "/events/dead");
  assert.deepEqual(events.map(({ body }) => body.deliveryAttempt), [1, 2, 3]);
  assert.equal(letters.length, 5);
  const [{ body }] = letters as [Pushed];
  assert.equal(body.subscription, "projects/tintype-local/subscriptions/tintype-events-dead");
  assert.equal("deliveryAttempt" in body, false);
  assert.notEqual(body.message.messageId, events[0]?.body.message.messageId);
  const { attributes } = body.message;
  assert.equal(attributes["objectId"], "a");
  assert.equal(attributes["CloudPubSubDeadLetterSourceDeliveryCount"], "3");
  assert.equal(attributes["CloudPubSubDeadLetterSourceSubscription"], "tintype-events");
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
  queue.publish("a");
  await eventually("dead letter delivered", () => queue.status().deadDelivered === 1);
  broken = false;
  const before = pushed.length;
  assert.equal(queue.broker.redrive(), 1);
  await eventually("redriven", () => queue.status().delivered === 1);
  const [again] = pushed.slice(before);
  assert.equal(again?.path, "/events/storage");
  assert.equal(again?.body.deliveryAttempt, 1);
  assert.notEqual(again?.body.message.messageId, pushed[0]?.body.message.messageId);
  assert.equal(
    "CloudPubSubDeadLetterSourceDeliveryCount" in (again?.body.message.attributes ?? {}),
    false,
  );
  assert.equal(queue.broker.redrive(), 0);
});

test("what a killed process was delivering is delivered by the next one", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "tintype-push-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "push.db");
  const never = new Promise<number>(() => {});
  const { endpoint, pushed } = await startPushes(t, (_, count) => count === 1 ? never : 204);

  const killed = new DatabaseSync(path);
  const first = makeQueue(t, { ...endpoint, db: killed });
  first.publish("a");
  await eventually("under way", () => pushed.length === 1);
  assert.equal(first.status().delivering, 1);

  const reopened = new DatabaseSync(path);
  const second = makeQueue(t, { ...endpoint, db: reopened });
  await eventually("delivered", () => second.status().delivered === 1);
  assert.equal(pushed[1]?.body.message.messageId, pushed[0]?.body.message.messageId);
  assert.equal(pushed[1]?.body.deliveryAttempt, 2);
});

test("close() queues again what it cuts, and delivers nothing more", async (t) => {
  const { queue, pushed } = await startPushes(t, () => new Promise(() => {}));
  queue.publish("a");
  await eventually("under way", () => pushed.length === 1);
  await queue.broker.close(20);
  const { queued, delivering } = queue.status();
  assert.deepEqual({ queued, delivering }, { queued: 1, delivering: 0 });
});

test("messages outlive neither three days of seven nor the same share of a shorter period", async (t) => {
  let nowMs = Date.UTC(2026, 10, 21);
  const clock = { now: () => nowMs };
  const expiredAfter = async (retentionMs: number, ageMs: number) => {
    const queue = makeQueue(t, { clock, retentionMs });
    await queue.configure({ hold: true });
    queue.publish("a");
    nowMs += ageMs;
    queue.broker.expire();
    return queue.status().expired;
  };
  const week = 7 * 86_400_000;
  assert.equal(await expiredAfter(week, 3 * 86_400_000 - 1), 0);
  assert.equal(await expiredAfter(week, 3 * 86_400_000 + 1), 1);
  assert.equal(await expiredAfter(90_000, 59_999), 0);
  assert.equal(await expiredAfter(90_000, 60_001), 1);
});
