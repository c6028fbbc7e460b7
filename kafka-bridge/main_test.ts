import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test, type TestContext } from "node:test";
import { bridgeEnv } from "./testing/bridge_env.ts";
import { eventually } from "@tintype/core/testing/eventually";
import { startProgram } from "@tintype/core/testing/start_program";

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

/** A bridge that ends with the test; nothing listens where it looks for Kafka. */
async function startBridge(t: TestContext, env: Readonly<Record<string, string>> = {}) {
  const KAFKA_BROKERS = `127.0.0.1:${await closedPort()}`;
  const bridge = startProgram(["kafka-bridge/main.ts"], { ...bridgeEnv(), KAFKA_BROKERS, ...env });
  t.after(() => bridge.kill("SIGKILL"));
  return bridge;
}

test("the bridge waits for a broker that is not there for a bounded time, then ends with 1", async (t) => {
  const bridge = await startBridge(t, { KAFKA_START_TIMEOUT_MS: "1200" });
  assert.equal(await bridge.ended, 1);
  // No storage is there either, which it must not end for.
  const ofStorage: readonly unknown[] = ["configuration_invalid", "blocker"];
  const ofKafka = bridge.lines.filter(({ event }) => !ofStorage.includes(event));
  assert.deepEqual(ofKafka.map(({ event }) => event), ["waiting_for_kafka", "start_failed"]);
  assert.match(String(ofKafka[1]?.["text"]), /127\.0\.0\.1:\d+/);
  assert.equal(bridge.errors(), "");
});

test("the bridge names what is wrong in its environment in one line and ends with 1", async (t) => {
  const bridge = await startBridge(t, { PSEUDONYM_KEYS: "{}" });
  assert.equal(await bridge.ended, 1);
  assert.equal(bridge.lines.length, 1);
  assert.match(String(bridge.lines[0]?.["text"]), /PSEUDONYM_KEYS/);
});

test("the bridge ends with 0 on SIGTERM while it waits for Kafka", async (t) => {
  const bridge = await startBridge(t);
  await bridge.line("waiting_for_kafka");
  assert.equal(await bridge.kill("SIGTERM"), 0);
});

test("the bridge is alive and not ready while it waits, and answers this machine alone", async (t) => {
  const port = await closedPort();
  const bridge = await startBridge(t, { PORT: String(port) });
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
