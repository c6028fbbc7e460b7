import assert from "node:assert/strict";
import { test } from "node:test";
import {
  erasedRecord,
  type ImageRecord,
  recordOfManifest,
  refusedRecord,
} from "../model/image_record.ts";
import { RECORD_TYPES } from "../model/record_type.ts";
import { parseTenant, SYNTHETIC_TENANT } from "../model/tenant.ts";
import { imageEventSchema } from "../model/webhook_event.ts";
import type { WebhookEndpoint } from "../model/webhook_endpoint.ts";
import {
  openWebhookMaster,
  webhookHeaders,
  webhookSecret,
  webhookSignature,
} from "../model/webhook_signature.ts";
import type { WebhookMessage, WebhookReply, WebhookRequest } from "../ports/webhooks.ts";
import { processErasure } from "../processing/process_erasure.ts";
import { portableHashing } from "../testing/portable_hashing.ts";
import { sampleManifest } from "../testing/sample_manifest.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { ManualClock, NOON_MS, TestWorld } from "../testing/test_world.ts";
import { publishWebhooks } from "./publish_webhooks.ts";
import { replayWebhooks } from "./replay_webhooks.ts";
import { RestingEndpoints } from "./resting_endpoints.ts";
import { sendWebhook } from "./send_webhook.ts";

const acme = parseTenant("acme");
const master = await openWebhookMaster("m".repeat(32));
const endpoint = (fields: Partial<WebhookEndpoint> = {}): WebhookEndpoint => (
  { id: "shop", url: "https://shop.example/", types: RECORD_TYPES, version: 1, ...fields }
);
const pushed = ({ row, attributes }: ImageRecord) => ({
  data: new TextEncoder().encode(JSON.stringify(row)),
  attributes: JSON.parse(JSON.stringify(attributes)) as Record<string, string>, // as Pub/Sub brings them
});

/** Endpoints of each tenant, and what is published for them. */
function publishing(endpoints: readonly WebhookEndpoint[]) {
  const published: WebhookMessage[] = [];
  return {
    published,
    tenants: { webhooksOf: () => Promise.resolve(endpoints) },
    webhooks: {
      publishWebhooks: async (queue: unknown, messages: readonly WebhookMessage[]) => {
        assert.equal(queue, "new");
        published.push(...messages);
      },
    },
  };
}

const ref = sampleRef(NOON_MS);
const known = { ref: "invoice-7", origin: "images/3/41" };
/** Of the company's own pipeline: a number, words, a vector, and an empty list. */
const custom = { faces: 2, labels: ["cat"], embedding: [0.6, -0.8], colors: [] };
const { metadata = assert.fail() } = sampleManifest(ref);
const records = {
  "image.ready": () =>
    recordOfManifest(portableHashing, {
      ...{ ref, generation: "17", contentKey: "k" },
      manifest: sampleManifest(ref, { ...known, metadata: { ...metadata, custom } }),
    }),
  "image.erased": () => erasedRecord(portableHashing, ref, { source: "kafka", ...known }, NOON_MS),
  "image.rejected": () =>
    refusedRecord(portableHashing, {
      ...{ imageId: ref.imageId, tenant: acme, reason: "missing_subject", refusedAtMs: NOON_MS },
      ...known,
    }),
};

for (const [type, make] of Object.entries(records)) {
  test(`${type} is published once an endpoint that wants it, as the row with what is no column`, async () => {
    const record = await make();
    const ports = publishing([
      endpoint(),
      endpoint({ id: "failures", types: ["image.failed"] }),
      endpoint({ id: "more" }),
    ]);
    assert.equal(await publishWebhooks(ports, pushed(record)), 2);
    assert.deepEqual(ports.published.map((one) => one.endpoint), ["shop", "more"]);
    const { event_id } = record.attributes;
    for (const { tenant, eventId, body } of ports.published) {
      assert.deepEqual([tenant, eventId], [acme, event_id]);
      const data = { ...record.row, event_id, ...known };
      const event = imageEventSchema.parse(JSON.parse(body));
      assert.deepEqual(event, { type, timestamp: record.row.processed_at, data });
    }
  });
}

test("records of nobody and of the synthetic tenant become no webhook, and what is no record is refused", async () => {
  const ports = publishing([endpoint()]);
  const record = await records["image.ready"]();
  for (const tenant of [null, SYNTHETIC_TENANT]) {
    assert.equal(
      await publishWebhooks(ports, pushed({ ...record, row: { ...record.row, tenant } })),
      0,
    );
  }
  const good = pushed(record);
  const bad = [
    { ...good, data: new TextEncoder().encode("{") },
    { ...good, data: new TextEncoder().encode("null") },
    { ...good, attributes: { ...good.attributes, type: "image.gone" } },
    { ...good, attributes: { ...good.attributes, event_id: "" } },
    { ...good, attributes: { ...good.attributes, ref: "a b" } },
  ];
  for (const one of bad) {
    await assert.rejects(() => publishWebhooks(ports, one), { code: "invalid_request" });
  }
  assert.deepEqual(ports.published, []);
});

test("webhookSignature() is that of Standard Webhooks' own example", async () => {
  const text = 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}';
  const signature = await webhookSignature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", text);
  assert.equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test("each tenant, endpoint and version has a secret of its own, and a rotation signs by two", async () => {
  const named = [["acme", "a", 1], ["acme", "a", 2], ["acme", "b", 1], ["other", "a", 1]] as const;
  const secrets = await Promise.all(
    named.map(([tenant, id, version]) =>
      webhookSecret(master, { tenant: parseTenant(tenant), id, version })
    ),
  );
  assert.equal(new Set(secrets).size, named.length);
  for (const secret of secrets) assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const message = { id: "e", sentAtMs: 1_700_000_000_999, body: "{}" };
  const to = { tenant: acme, endpoint: endpoint({ id: "a", version: 2, previousVersion: 1 }) };
  const headers = await webhookHeaders(master, to, message);
  const text = "e.1700000000.{}";
  const [first = "", second = ""] = secrets;
  const signatures = [second, first].map((secret) => webhookSignature(secret, text));
  assert.equal(headers["webhook-signature"], (await Promise.all(signatures)).join(" "));
  await assert.rejects(() => openWebhookMaster("short"), { code: "invalid_config" });
});

test("sendWebhook() goes by the tenant's object of now, and lets an endpoint rest that failed", async () => {
  const clock = new ManualClock();
  const sent: WebhookRequest[] = [];
  let reply: WebhookReply = { status: 204 };
  let endpoints = [endpoint()];
  const ports = {
    tenants: { webhooksOf: () => Promise.resolve(endpoints) },
    sender: { send: async (request: WebhookRequest) => (sent.push(request), reply) },
    resting: new RestingEndpoints(clock),
    ...{ master, clock },
  };
  const message = { body: "{}", tenant: acme, endpoint: "shop", eventId: "e" };
  const send = async () => (await sendWebhook(ports, message)).outcome;
  assert.equal(await send(), "delivered");
  assert.equal(sent[0]?.url, "https://shop.example/");
  assert.equal(sent[0]?.headers["webhook-id"], "e");
  reply = { status: 503, fault: "status" };
  for (const restMs of [5_000, 10_000, 20_000]) {
    assert.equal(await send(), "failed");
    clock.nowMs += restMs - 1;
    assert.equal(await send(), "resting");
    clock.nowMs += 1;
  }
  assert.equal(sent.length, 4);
  reply = { status: 200 };
  assert.equal(await send(), "delivered");
  endpoints = [endpoint({ id: "other" })];
  assert.equal(await send(), "withdrawn");
});

test("RestingEndpoints lets one attempt alone decide after a rest, and counts side by side failures once", () => {
  const clock = new ManualClock();
  const resting = new RestingEndpoints(clock);
  assert.deepEqual([resting.begin("a"), resting.begin("a")], [true, true]);
  resting.failed("a");
  resting.failed("a");
  clock.nowMs += 5_000;
  assert.deepEqual([resting.begin("a"), resting.begin("a"), resting.begin("b")], [
    true,
    false,
    true,
  ]);
  resting.failed("a");
  clock.nowMs += 9_999;
  assert.equal(resting.isResting("a"), true, "ten seconds, the second time");
  clock.nowMs += 1;
  assert.equal(resting.begin("a"), true);
  clock.nowMs += 15_000;
  assert.equal(resting.begin("a"), true, "the attempt that was to decide never ended");
  resting.succeeded("a");
  assert.equal(resting.isResting("a"), false);
});

test("replayWebhooks() publishes what is kept since a time, with the ids that it had, and then nothing", async () => {
  const world = new TestWorld();
  const { published, webhooks } = publishing([]);
  const replay = (
    sinceMs: number,
    isDryRun = false,
    types: WebhookEndpoint["types"] = RECORD_TYPES,
  ) =>
    replayWebhooks({ ...world.ports, webhooks }, {
      ...{ tenant: acme, sinceMs, isDryRun },
      endpoint: endpoint({ types }),
    });
  const [first, second, third, erased] = [0, 1, 2, 3].map((at) => sampleRef(NOON_MS - at * 1_000));
  assert.ok(first && second && third && erased);
  await world.process(first);
  world.clock.nowMs += 60_000;
  const sinceMs = world.clock.now();
  await world.process(second);
  await world.process({ ...third, tenant: parseTenant("other") });
  await world.process(erased);
  await world.requestErasure(erased);
  await processErasure(world.ports, await world.delivery(erased));
  assert.deepEqual(await replay(sinceMs, true), { events: 2, failed: 0 });
  assert.deepEqual(published, []);
  assert.deepEqual(await replay(sinceMs), { events: 2, failed: 0 });
  const ids = (messages: readonly { readonly eventId: string }[]) =>
    messages.map(({ eventId }) => eventId).toSorted();
  const ofRecords = world.rows.records().map(({ attributes }) => attributes);
  const expected = ofRecords.filter(({ image_id, type }) =>
    image_id === second.imageId || type === "image.erased"
  );
  assert.deepEqual(ids(published), expected.map(({ event_id }) => event_id).toSorted());
  assert.deepEqual(await replay(0, true, ["image.erased"]), { events: 1, failed: 0 });
  world.clock.nowMs += world.ports.policy.periodMs + 86_400_000;
  assert.deepEqual(await replay(0), { events: 0, failed: 0 });
});
