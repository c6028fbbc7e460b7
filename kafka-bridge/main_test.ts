import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { eventually, startChild } from "./_child_fixture.ts";

const ENV = {
  PORT: "0",
  KAFKA_CLUSTER: "tests",
  KAFKA_TOPICS: "images",
  KAFKA_DEAD_LETTER_TOPIC: "images.dlq",
  KAFKA_GROUP: "tests",
  RAW_BUCKET: "tintype-raw",
  STORAGE_ENDPOINT: "http://127.0.0.1:9",
  PSEUDONYM_KEYS: JSON.stringify(["a pseudonym key for tests, 32 characters or more"]),
  TENANT_PLANS: JSON.stringify({ kafkaTopics: { images: { tenant: "stream" } } }),
};

/** An address on which nobody listens. */
async function closedAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  assert.ok(address !== null && typeof address === "object");
  return `127.0.0.1:${address.port}`;
}

test("the bridge waits for a broker that is not there for a bounded time, then ends with 1", async (t) => {
  const env = { ...ENV, KAFKA_BROKERS: await closedAddress(), KAFKA_START_TIMEOUT_MS: "1200" };
  const bridge = startChild(["kafka-bridge/main.ts"], env);
  t.after(() => bridge.kill("SIGKILL"));
  assert.equal(await bridge.ended, 1);
  assert.deepEqual(bridge.lines.map(({ event }) => event), ["waiting_for_kafka", "start_failed"]);
  assert.match(String(bridge.lines[1]?.["text"]), /127\.0\.0\.1:\d+/);
  assert.equal(bridge.errors(), "");
});

test("the bridge names what is wrong in its environment in one line and ends with 1", async (t) => {
  const env = { ...ENV, KAFKA_BROKERS: "localhost:9", PSEUDONYM_KEYS: "[]" };
  const bridge = startChild(["kafka-bridge/main.ts"], env);
  t.after(() => bridge.kill("SIGKILL"));
  assert.equal(await bridge.ended, 1);
  assert.equal(bridge.lines.length, 1);
  assert.match(String(bridge.lines[0]?.["text"]), /PSEUDONYM_KEYS/);
});

test("the bridge ends with 0 on SIGTERM while it waits for Kafka", async (t) => {
  const bridge = startChild(["kafka-bridge/main.ts"], {
    ...ENV,
    KAFKA_BROKERS: await closedAddress(),
  });
  t.after(() => bridge.kill("SIGKILL"));
  await bridge.line("waiting_for_kafka");
  assert.equal(await bridge.kill("SIGTERM"), 0);
});

test("the bridge is alive and not ready while it waits, and answers this machine alone", async (t) => {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  assert.ok(address !== null && typeof address === "object");
  listener.close();
  const port = String(address.port);
  const bridge = startChild(["kafka-bridge/main.ts"], {
    ...ENV,
    PORT: port,
    KAFKA_BROKERS: await closedAddress(),
  });
  t.after(() => bridge.kill("SIGKILL"));
  await bridge.line("waiting_for_kafka");
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  const health = await eventually("health", () => ask("/healthz").catch(() => undefined));
  assert.equal(health.status, 200);
  const ready = await ask("/readyz");
  assert.deepEqual([ready.status, await ready.text()], [503, "not in the group\n"]);
  assert.match(await (await ask("/metrics")).text(), /^tintype_bridge_in_flight_bytes 0$/m);
  assert.equal((await ask("/nothing")).status, 404);
  await assert.rejects(fetch(`http://127.0.0.2:${port}/healthz`));
});
