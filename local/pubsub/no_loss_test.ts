import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@tintype/cli/free_port";
import { eventually } from "@tintype/core/testing/eventually";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import { publish } from "@tintype/pubsub/publish";
import { acknowledge, modifyAckDeadline, pull } from "@tintype/pubsub/pull";
import { Random } from "../random.ts";
import { startEndpoint } from "./_testing.ts";

const PROJECT = "projects/tintype-local";
const TOPIC = `${PROJECT}/topics/things`;
const PULLED = `${PROJECT}/subscriptions/pulled`;
const MESSAGES = 100;
const KILLS = 3;
const REFUSED_SHARE = 0.3;
const TIME_MS = 60_000;
const seed = Number(process.env["PUBSUB_SEED"] ?? Math.floor(Math.random() * 1e9));

test(`no published message is lost under refusals, kills and duplicates (PUBSUB_SEED=${seed})`, async (t) => {
  const random = new Random(seed);
  const DATA_DIR = await mkdtemp(join(tmpdir(), "tintype-no-loss-"));
  t.after(() => rm(DATA_DIR, { recursive: true, force: true }));
  const env = {
    DATA_DIR,
    PORT: String(await freePort()),
    PUSH_MIN_BACKOFF_MS: "10",
    PUSH_MAX_BACKOFF_MS: "100",
    ACK_DEADLINE_MS: "300",
  };
  let emulator: Emulator = await startEmulator("pubsub", env);
  t.after(() => emulator.stop());
  const endpoint = emulator.url;
  const access = {
    endpoint,
    retry: { attempts: 100, minDelayMs: 20, maxDelayMs: 200, maxRetryAfterMs: 0, tooManyMs: 20 },
  };
  const pushed = new Set<string>();
  const { url: pushEndpoint } = await startEndpoint(t, async ({ body }) => {
    await sleep(random.between(0, 30));
    if (random.chance(REFUSED_SHARE)) return random.pick([503, 429, 500]);
    pushed.add(body.message.messageId);
    return 204;
  });
  const retryPolicy = { minimumBackoff: "10s", maximumBackoff: "60s" };
  const put = async (name: string, body: object) => {
    const init = { method: "PUT", body: JSON.stringify(body) };
    const response = await fetch(`${endpoint}/v1/${name}`, init);
    assert.equal(response.status, 200, await response.text());
  };
  await put(TOPIC, {});
  await put(`${PROJECT}/subscriptions/pushed`, {
    topic: TOPIC,
    retryPolicy,
    pushConfig: { pushEndpoint },
  });
  await put(PULLED, { topic: TOPIC, retryPolicy });

  const ending = new AbortController();
  const { signal } = ending;
  const published: string[] = [];
  const received = new Set<string>();
  async function publishAll(): Promise<void> {
    while (published.length < MESSAGES) {
      const count = Math.min(MESSAGES - published.length, random.integer(1, 5));
      const batch = Array.from({ length: count }, (_, n) => ({ data: `${published.length + n}` }));
      published.push(...await publish(access, TOPIC, batch, { signal }));
      await sleep(random.between(0, 40));
    }
  }
  async function pullAll(): Promise<void> {
    while (!signal.aborted) {
      const messages = await pull(access, PULLED, { maxMessages: 10, signal });
      // A third is kept, a third is refused, and the leases of the rest lapse.
      const by = Map.groupBy(messages, () => random.integer(0, 2));
      const idsOf = (share: number) => by.get(share)?.map(({ ackId }) => ackId) ?? [];
      await acknowledge(access, PULLED, idsOf(0), { signal });
      for (const { messageId } of by.get(0) ?? []) received.add(messageId);
      await modifyAckDeadline(access, PULLED, { ackIds: idsOf(1), seconds: 0, signal });
    }
  }
  async function killAll(): Promise<void> {
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(random.between(200, 600));
      const url = `${endpoint}/_local/push`;
      await fetch(url, {
        method: "POST",
        body: JSON.stringify({ topic: "things", duplicate: kill % 2 }),
      });
      await emulator.stop("SIGKILL");
      emulator = await startEmulator("pubsub", env);
    }
  }
  const pulling = pullAll().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  await Promise.all([publishAll(), killAll()]);
  const missing = () =>
    published.filter((id) => !pushed.has(id)).length +
    published.filter((id) => !received.has(id)).length;
  await eventually(`each of ${MESSAGES} messages twice`, () => missing() === 0, TIME_MS);
  ending.abort();
  await pulling;
  assert.equal(published.length, MESSAGES);
});
