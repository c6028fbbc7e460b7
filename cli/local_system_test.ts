import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { isLocal, requireLocalSystem } from "./local_system.ts";
import { UsageError } from "./usage_error.ts";

test("isLocal() knows this machine by its names", () => {
  const here = ["http://localhost:9023", "localhost:9092", "http://127.0.0.1", "http://[::1]:80"];
  assert.deepEqual(here.filter(isLocal), here);
  assert.deepEqual(["https://edge.test", "kafka-1:9092"].filter(isLocal), []);
});

test("requireLocalSystem() refuses in one sentence where nothing answers here, and asks no other host", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server has one
  const address = `http://127.0.0.1:${port}`;
  await requireLocalSystem(address, "https://edge.invalid");
  server.close();
  await once(server, "close");
  await assert.rejects(
    requireLocalSystem(address),
    new UsageError(
      `Nothing answers at 127.0.0.1:${port}: start the local system with \`npx deno task start\``,
    ),
  );
});
