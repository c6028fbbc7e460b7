import { makePushEnvelope } from "@tintype/core/events/push_envelope";
import { webhookShare } from "@tintype/core/fairness/delivery_share";
import { slowLaneOf } from "@tintype/core/fairness/slow_lane";
import { jsonLog } from "@tintype/core/json_log";
import { erasedRecord } from "@tintype/core/model/image_record";
import { RECORD_TYPES } from "@tintype/core/model/record_type";
import { endpointKey, type WebhookEndpoint } from "@tintype/core/model/webhook_endpoint";
import { openWebhookMaster } from "@tintype/core/model/webhook_signature";
import type { WebhookMessage, WebhookQueue } from "@tintype/core/ports/webhooks";
import { eventually } from "@tintype/core/testing/eventually";
import { portableHashing } from "@tintype/core/testing/portable_hashing";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { ManualClock } from "@tintype/core/testing/test_world";
import { RestingEndpoints } from "@tintype/core/webhooks/resting_endpoints";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AUDIENCE, post, PUSH_ACCOUNT, startIssuer } from "./_app_fixture.ts";
import { createOidcVerifier } from "./adapters/oidc_verifier.ts";
import { attributesOfWebhook } from "./adapters/webhook_attributes.ts";
import { webhookSender } from "./adapters/webhook_sender.ts";
import { FairQueue } from "./fair_queue.ts";
import { createWebhookMetrics } from "./telemetry/webhook_metrics.ts";
import { createWebhooksApp } from "./webhooks_app.ts";

const DAY_MS = 86_400_000;
const { tenant, ...image } = sampleRef();
let issuer: Awaited<ReturnType<typeof startIssuer>>;
before(async () => issuer = await startIssuer());
after(async () => await issuer.stop());

/** A receiver by what it does with each request; `isHeld` ones wait until they are let go. */
function startReceiver(respond: () => number | Promise<number>) {
  let underWay = 0;
  const seen = { requests: 0, peak: 0 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    await request.text();
    seen.requests++;
    seen.peak = Math.max(seen.peak, ++underWay);
    const status = await respond();
    underWay--;
    return new Response(null, { status });
  });
  return { seen, url: `http://localhost:${server.addr.port}/`, stop: () => server.shutdown() };
}

/** The dispatcher over real receivers, with a clock of its own; what it publishes is kept. */
async function createFixture(urls: Readonly<Record<string, string>>) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const published: { queue: WebhookQueue; message: WebhookMessage }[] = [];
  const queue = new FairQueue({
    ...{ ...webhookShare, slots: 8, room: 80, clock, maxWaitMs: 30_000 },
  });
  const endpoints = Object.entries(urls).map(([id, url]): WebhookEndpoint => (
    { id, url, types: RECORD_TYPES, version: 1 }
  ));
  const app = createWebhooksApp({
    tenants: { webhooksOf: async (of) => of === tenant ? endpoints : [] },
    webhooks: {
      publishWebhooks: async (queue, messages) =>
        void published.push(...messages.map((message) => ({ queue, message }))),
    },
    sender: webhookSender({ allowsLoopback: true }),
    master: await openWebhookMaster("m".repeat(32)),
    resting: new RestingEndpoints(clock),
    log: jsonLog({ part: "webhooks", write: (line) => lines.push(line) }),
    metrics: createWebhookMetrics(() => queue.size),
    verify: createOidcVerifier(issuer.url),
    audience: AUDIENCE,
    pushServiceAccount: PUSH_ACCOUNT,
    isReady: () => true,
    signal: new AbortController().signal,
    ...{ clock, queue },
  });
  const push = async (path: string, data: string, attributes: Record<string, string>) => {
    const body = makePushEnvelope({
      messageId: "m-1",
      publishTime: new Date(clock.nowMs),
      attributes,
      data: new TextEncoder().encode(data),
      subscription: "projects/tintype-local/subscriptions/any",
    });
    const token = await issuer.sign({ aud: `${AUDIENCE}${path}` });
    return (await post(app, path, { token, body })).status;
  };
  let sent = 0;
  /** Pushes a webhook for an endpoint. */
  const send = (endpoint: string, { path = "webhooks", sinceMs = 0 } = {}) => {
    const message = { body: "{}", tenant, endpoint, eventId: `${++sent}` };
    const attributes = attributesOfWebhook({ ...message, sinceMs: sinceMs || undefined });
    return push(`/events/${path}`, message.body, attributes);
  };
  const events = () => lines.map((line) => JSON.parse(line).event);
  return { app, clock, lines, events, published, push, send };
}

test("a push without the push account's token for its path is refused", async () => {
  const { app } = await createFixture({});
  assert.equal((await post(app, "/events/images")).status, 401);
  for (const path of ["/events/images", "/events/webhooks", "/events/slow"]) {
    const token = await issuer.sign({ aud: `${AUDIENCE}/events/storage` });
    assert.equal((await post(app, path, { token })).status, 401, path);
  }
});

test("a record becomes a message an endpoint; what cannot be read is acknowledged and logged", async () => {
  const { push, published, events } = await createFixture({ a: "http://localhost:1/" });
  const record = await erasedRecord(portableHashing, { tenant, ...image }, { source: "edge" }, 0);
  const attributes = JSON.parse(JSON.stringify(record.attributes));
  assert.equal(await push("/events/images", JSON.stringify(record.row), attributes), 204);
  const strange = JSON.stringify({ ...record.row, tenant: "other" });
  assert.equal(await push("/events/images", strange, attributes), 204);
  assert.deepEqual(published.map(({ queue, message }) => [queue, message.endpoint]), [[
    "new",
    "a",
  ]]);
  assert.equal(await push("/events/images", "{}", attributes), 204);
  assert.equal(await push("/events/webhooks", "{}", { tenant: "A", endpoint: "a" }), 204);
  assert.deepEqual(events(), ["record_unreadable", "push_unreadable"]);
});

test("a webhook that fails goes to its endpoint's slow lane, is refused there for a day, and then is dead", async () => {
  const failing = startReceiver(() => 500);
  const { send, published, clock, lines, events } = await createFixture({ bad: failing.url });
  const sinceMs = clock.nowMs;
  assert.equal(await send("gone"), 204, "the tenant has no such endpoint");
  assert.equal(await send("bad"), 204);
  assert.equal(await send("bad"), 204, "without an attempt");
  const lane = slowLaneOf(endpointKey(tenant, "bad"));
  const waiting = { queue: { lane }, sinceMs };
  const queues = () => published.map(({ queue, message }) => ({ queue, sinceMs: message.sinceMs }));
  assert.deepEqual(queues(), [waiting, waiting]);
  clock.nowMs += DAY_MS - 1;
  assert.equal(await send("bad", { path: "slow", sinceMs }), 429);
  clock.nowMs += 1;
  assert.equal(await send("bad", { path: "slow", sinceMs }), 204);
  assert.deepEqual(queues().at(-1), { queue: "dead", sinceMs });
  assert.equal(failing.seen.requests, 2, "one at once, one a day later");
  assert.deepEqual(events(), ["webhook", "webhook_failed", "webhook_failed", "webhook_dead"]);
  assert.doesNotMatch(lines.join(), /localhost|127\.0\.0\.1/);
  await failing.stop();
});

test("endpoints that hang, fail or flood take nothing from another: its webhooks have its whole share at once", async () => {
  const held = Promise.withResolvers<number>();
  const receivers = {
    hanging: startReceiver(() => held.promise),
    failing: startReceiver(() => 503),
    flooding: startReceiver(() => 204),
    good: startReceiver(() => new Promise((resolve) => setTimeout(resolve, 5, 204))),
  };
  const urls = Object.fromEntries(Object.entries(receivers).map(([id, { url }]) => [id, url]));
  const { good } = receivers;
  const alone = await createFixture(urls);
  const forty = (send: typeof alone.send) =>
    Promise.all(Array.from({ length: 20 }, () => send("good")));
  assert.deepEqual(new Set(await forty(alone.send)), new Set([204]));
  assert.deepEqual([alone.published.length, good.seen.peak], [0, 2], "a quarter of the slots");
  const peakAlone = good.seen.peak;
  good.seen.peak = 0;
  const { send, published } = await createFixture(urls);
  const flood = (id: string) => Promise.all(Array.from({ length: 40 }, () => send(id)));
  const hanging = flood("hanging");
  await Promise.all([flood("failing"), flood("flooding")]); // what waits of them takes its share of the room
  await eventually("the one that hangs", () => receivers.hanging.seen.requests === 2, 5_000);
  const others = await forty(send);
  assert.deepEqual(new Set(others), new Set([204]), "while the others hang");
  assert.equal(good.seen.peak, peakAlone);
  assert.ok(published.every(({ message }) => message.endpoint !== "good"), "none was put off");
  assert.ok(receivers.failing.seen.requests <= 2, "one round, and it rests");
  held.resolve(500);
  await hanging;
  assert.equal(receivers.hanging.seen.requests, 2, "no other of its webhooks was tried");
  await Promise.all(Object.values(receivers).map(({ stop }) => stop()));
});
