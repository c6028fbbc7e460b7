import assert from "node:assert/strict";
import { test } from "node:test";
import { platformNetwork } from "./network_watch.ts";

test("platformNetwork() is online where the platform says nothing", () => {
  for (const scope of [{}, { navigator: {} }, { navigator: { onLine: true } }]) {
    assert.equal(platformNetwork(scope).isOffline(), false);
  }
  assert.equal(platformNetwork().isOffline(), false);
});

test("platformNetwork() waits for the event online, or ends with the signal's reason, and leaves no listener", async () => {
  const listeners = new Set<() => void>();
  const network = platformNetwork({
    navigator: { onLine: false },
    addEventListener: (_, listener) => listeners.add(listener),
    removeEventListener: (_, listener) => listeners.delete(listener),
  });
  assert.ok(network.isOffline());
  const online = network.untilOnline();
  assert.equal(listeners.size, 1);
  for (const listener of listeners) listener();
  await online;
  const controller = new AbortController();
  const aborted = network.untilOnline(controller.signal);
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(aborted, reason);
  assert.equal(listeners.size, 0);
});

test("platformNetwork() has it tried now and then, as a platform may count itself offline and be wrong", async () => {
  const listeners = new Set<() => void>();
  const network = platformNetwork({
    navigator: { onLine: false },
    addEventListener: (_, listener) => listeners.add(listener),
    removeEventListener: (_, listener) => listeners.delete(listener),
  }, { recheckMs: 1 });
  await network.untilOnline();
  assert.equal(listeners.size, 0);
});
