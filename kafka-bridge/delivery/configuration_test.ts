/** What the bridge does while the configuration bucket lacks something, over core's own readers of it. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { cachedDaySalts } from "@tintype/core/configuration/cached_day_salts";
import { CachedTenants } from "@tintype/core/configuration/cached_tenants";
import { tenantFile } from "@tintype/core/configuration/tenant_files";
import { DAYS_FILE, serializeDaySalts } from "@tintype/core/model/day_salts";
import { DAY_MS } from "@tintype/core/model/utc_day";
import { ManualClock } from "@tintype/core/testing/test_world";
import { daysAround } from "../testing/day_salts.ts";
import { chunkHeaders, fetchOf, NOW_MS, recordOf, until } from "../testing/fake_ports.ts";
import { openBridge, recordsOf } from "../testing/open_bridge.ts";

const MINUTE_MS = 60_000;

/** A bridge over a configuration bucket with all that is needed, or without its days or its topic. */
function openConfigured(t: TestContext, without?: "today" | "topic") {
  const clock = new ManualClock(NOW_MS);
  const objects = new Map<string, Uint8Array<ArrayBuffer>>();
  /** The days until that of a time are there. */
  const putDays = (untilMs: number) =>
    objects.set(DAYS_FILE, new Uint8Array(serializeDaySalts(daysAround(untilMs - 9 * DAY_MS))));
  const putTopics = (...topics: readonly string[]) => {
    const plan = { tenant: "stream", allowTenantHeader: false };
    const table = Object.fromEntries(topics.map((topic) => [topic, plan]));
    objects.set(tenantFile("_topics"), new TextEncoder().encode(JSON.stringify({ topics: table })));
  };
  putDays(without === "today" ? NOW_MS - DAY_MS : NOW_MS + DAY_MS);
  putTopics("other", ...without === "topic" ? [] : ["images"]);
  const config = { read: async (name: string) => objects.get(name) ?? null };
  const parts = { config, clock, onProblem: () => undefined };
  const opened = openBridge(t, {
    clock,
    salts: cachedDaySalts(parts),
    tenants: new CachedTenants(parts),
  });
  return { ...opened, clock, putDays, putTopics };
}

test("Bridge waits for a missing day without a dead letter, and goes on within a minute once it is there", async (t) => {
  const { bridge, ports, store, letters, lease, clock, lines, putDays } = openConfigured(
    t,
    "today",
  );
  const yesterday = recordOf({ offset: 0n, timestampMs: NOW_MS - DAY_MS });
  bridge.take(fetchOf(lease, [yesterday, ...recordsOf(20, 0, 1)]));
  await until(() => ports.readiness.current.includes("days"));
  await until(() => lease.commits.at(-1) === 1n);
  assert.equal(store.names().length, 1);
  putDays(NOW_MS + DAY_MS);
  clock.nowMs += MINUTE_MS;
  await until(() => lease.commits.at(-1) === 21n);
  assert.equal(store.names().length, 21);
  assert.deepEqual([letters, ports.readiness.current], [[], []]);
  assert.equal(ports.circuit.isOpen, false);
  const blockers = lines.filter(({ event }) => event.startsWith("blocker"));
  assert.deepEqual(blockers.map(({ event, fields }) => [event, fields["blocker"]]), [
    ["blocker", "days"],
    ["blocker_gone", "days"],
  ]);
});

test("Bridge.drain() is not held up by records that wait for the configuration", async (t) => {
  const { bridge, ports, lease } = openConfigured(t, "today");
  const chunk = recordOf({ offset: 1n, headers: chunkHeaders("a", 0, 2) });
  bridge.take(fetchOf(lease, [recordOf(), chunk]));
  await until(() => ports.readiness.current.includes("days"));
  await bridge.drain();
  assert.deepEqual([lease.commits, ports.readiness.current], [[], []]);
});
