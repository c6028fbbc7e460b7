/** An instance that dies between publishing to a slow lane and acknowledging loses nothing: real processes, killed. */
import { slowLaneOf } from "@tintype/core/fairness/slow_lane";
import { t0OfImageId } from "@tintype/core/model/image_id";
import { rawName } from "@tintype/core/model/object_name";
import { keepDays } from "@tintype/core/retention/keep_days";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { eventually } from "@tintype/core/testing/eventually";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import { PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { pull } from "@tintype/pubsub/pull";
import assert from "node:assert/strict";
import { test } from "node:test";
import { gcsObjectStore } from "./adapters/gcs_object_store.ts";
import { spawnProcessor } from "./testing/spawn_processor.ts";

const PROJECT = "projects/tintype-local";
const SEEN = `${PROJECT}/subscriptions/seen`;
const READING = { method: "GET", path: "/b/tintype-raw/o/.*alt=media" };
/** The slots of one pixel process; one image may wait beside them where there may be so many instances. */
const SLOTS = 8;
const INSTANCES = "1000";
const WAIT_MS = 30_000;

/** Where the messages of a subscription are. */
type Counts = Readonly<Record<"queued" | "delivering" | "delivered", number>>;

test("an event that is in a slow lane when its instance dies is processed once, though delivered twice", async () => {
  await using stack = new AsyncDisposableStack();
  const started = async (...[part, env]: Parameters<typeof startEmulator>) => {
    const emulator = await startEmulator(part, env);
    stack.defer(async () => void await emulator.stop());
    return emulator;
  };
  const port = freePort();
  const url = `http://localhost:${port}`;
  const oidc = await started("oidc");
  const pushing = { PROCESSOR_URL: url, ISSUER_URL: oidc.url, PUSH_MIN_BACKOFF_MS: "100" };
  const pubsub = await started("pubsub", { ...pushing, PUSH_MAX_BACKOFF_MS: "200" });
  const storage = await started("storage", { PUBSUB_URL: pubsub.url });
  const processor = async () => {
    const child = spawnProcessor({
      PORT: String(port),
      AUDIENCE: url,
      MAX_INSTANCES: INSTANCES,
      STORAGE_ENDPOINT: storage.url,
      PUBSUB_ENDPOINT: pubsub.url,
      OIDC_JWKS_URL: `${oidc.url}/google/certs`,
    });
    const output = Promise.all(
      [child.stdout, child.stderr].map((stream) => new Response(stream).text()),
    );
    const kill = async () => {
      child.kill("SIGKILL");
      await child.status;
      return (await output).join("");
    };
    stack.defer(() => kill().then(() => undefined, () => undefined)); // it may have ended
    const isUp = () => fetch(`${url}/healthz`).then(({ ok }) => ok, () => false);
    await eventually("the processor", isUp, WAIT_MS);
    return kill;
  };
  await pubsubCall(pubsub, "PUT", SEEN, { topic: `${PROJECT}/topics/tintype-images` });
  const storeOf = (bucket: string) => gcsObjectStore({ bucket, endpoint: storage.url });
  const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  const keeping = { clock: Date, random, pseudonymKey: 1, policy: RETENTION_POLICY };
  await keepDays({ config: storeOf("tintype-config"), ...keeping });
  const kill = await processor();
  const upload = async () => {
    const ref = sampleRef();
    await storeOf("tintype-raw").create(rawName(ref), PNG_PIXEL, {
      contentType: "image/png",
      customTimeMs: t0OfImageId(ref.imageId),
      metadata: { source: "edge" },
    });
    return ref;
  };
  const counts = async (id: string) => {
    const { subscriptions } = await pubsub.control("GET", "/_local/push") as {
      subscriptions: Record<string, Counts>; // documented at GET /_local
    };
    return subscriptions[`${PROJECT}/subscriptions/${id}`] ?? assert.fail(id);
  };
  const hasDelivered = (id: string, count: number) => async () =>
    (await counts(id)).delivered >= count;
  // Each acknowledgement widens the push window by one.
  const before = [];
  while (before.length < SLOTS) {
    before.push(await upload()); // one by one, as more at once could be beyond a tenant's share
    await eventually("a wide window", hasDelivered("tintype-events", before.length), WAIT_MS);
  }
  const fault = async (emulator: Emulator, match: object, action: object) =>
    void await emulator.control("POST", "/_local/faults", { match, times: 10_000, action });
  const lane = `tintype-slow-${slowLaneOf(before[0]?.tenant ?? "")}`;
  await fault(storage, READING, { delayMs: 600_000 });
  await fault(pubsub, { path: `${lane}:publish` }, { dropReply: true });

  const held = await Promise.all(Array.from({ length: SLOTS + 2 }, upload));
  const isPublished = async () => {
    const { queued, delivering } = await counts(lane);
    return queued + delivering > 0;
  };
  await eventually("the event that is too much to be in its lane", isPublished, WAIT_MS);
  assert.equal((await counts("tintype-events")).delivered, SLOTS, "it is not acknowledged");
  assert.doesNotMatch(await kill(), /"delivery_diverted"/);

  await storage.control("DELETE", "/_local/faults");
  await pubsub.control("DELETE", "/_local/faults");
  await processor();
  const all = [...before, ...held];
  await eventually("every event", hasDelivered("tintype-events", all.length), WAIT_MS);
  await eventually("the lane's events", async () => {
    const { queued, delivering, delivered } = await counts(lane);
    return delivered > 0 && queued + delivering === 0;
  }, WAIT_MS);
  const records = await pull({ endpoint: pubsub.url }, SEEN, { maxMessages: 1_000 });
  for (const { imageId } of all) {
    const own = records.filter(({ attributes }) => attributes["image_id"] === imageId);
    const events = new Set(own.map(({ attributes: { type, event_id } }) => `${type} ${event_id}`));
    assert.equal(events.size, 1, `${imageId}: ${[...events]}`);
    assert.match([...events].join(), /^image\.ready /);
  }
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function pubsubCall({ url }: Emulator, method: string, name: string, body: object) {
  const response = await fetch(`${url}/v1/${name}`, { method, body: JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, text);
}
