import { rawName } from "@tintype/core/model/object_name";
import { processErasure } from "@tintype/core/processing/process_erasure";
import { auditStores } from "@tintype/core/retention/audit_stores";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { sweepExpired } from "@tintype/core/retention/sweep_expired";
import { verify } from "@tintype/core/testing/sample_certificate";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { NOON_MS, TestWorld } from "@tintype/core/testing/test_world";
import assert from "node:assert/strict";
import { test } from "node:test";
import { placesOf } from "../command_cloud.ts";
import { auditReport } from "./audit_report.ts";

const PLACES = placesOf({ project: "shop-1", prefix: "shop" });
const ref = sampleRef(NOON_MS);

async function reportAt(nowMs: number): Promise<string> {
  const world = new TestWorld();
  await world.upload(ref);
  const erased = sampleRef(NOON_MS);
  await world.requestErasure(erased);
  await processErasure(world.ports, await world.delivery(erased));
  await sweepExpired(world.ports);
  world.clock.nowMs = nowMs;
  const { certificates, rows } = world;
  return auditReport(await auditStores({ ...world.ports, certificates, rows, verify }), PLACES);
}

test("auditReport() of a promise that is kept begins with that, and says what it rests on", async () => {
  const text = await reportAt(NOON_MS + 1000);
  const parts = [
    "Result:   PASSED. Nothing is kept beyond its time",
    "Promise:  every copy of an image is kept for 7 days",
    "Seen:     2026-03-14T12:00:01.000Z, project shop-1\n",
    "originals (shop-raw)",
    "2026-03-21T12:00:00.000Z", // so it ends
    "asked for, and still within their period: 1",
    "done, with a receipt: 1; under way: 0; overdue: 0",
    "numbers 1 to 1, 1 found, unbroken, each signature checked; the copy knows of 1",
    "events (observed): messages are kept for 72 h",
    "kafka topics (configured): records are kept for 72 h",
  ];
  let at = -1;
  for (const part of parts) {
    const found = text.indexOf(part, at + 1);
    assert.ok(found > at, `${part} in its place in\n${text}`);
    at = found;
  }
  assert.ok(!text.includes("WHAT IS WRONG"));
});

test("auditReport() of one that is broken begins with that, and names what is wrong", async () => {
  const { periodMs, graceMs } = RETENTION_POLICY;
  const text = await reportAt(NOON_MS + periodMs + graceMs + 1);
  assert.match(text, /Result: {3}FAILED\. \d finding\(s\), below\./);
  assert.match(text, /1\. \[overdue\] 1 objects of the raw bucket are past their end: /);
  assert.ok(text.includes(rawName(ref)));
  assert.match(text, /\[sweep_missing\] no sweep has left a certificate for 605700 s/);
});
