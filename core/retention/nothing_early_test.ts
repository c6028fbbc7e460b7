import assert from "node:assert/strict";
import { test } from "node:test";
import { makeImageId, parseImageId, t0OfImageId } from "../model/image_id.ts";
import type { ImageRef } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { parseTenant } from "../model/tenant.ts";
import { markFailed } from "../processing/mark_failed.ts";
import { processImage } from "../processing/process_image.ts";
import { seededRandom } from "../seeded_random.ts";
import { portableHashing } from "../testing/portable_hashing.ts";
import { NOT_AN_IMAGE } from "../testing/sample_images.ts";
import { TestWorld } from "../testing/test_world.ts";
import { RETENTION_POLICY } from "./policy.ts";
import { sweepExpired } from "./sweep_expired.ts";
import { verifyCertificates } from "./verify_certificates.ts";

const IMAGES = 10_000;
const { periodMs, graceMs, sweepIntervalMs } = RETENTION_POLICY;
/** Around midnight, so that sweeps have two days to look into. */
const FIRST_T0_MS = Date.UTC(2026, 2, 14, 23);
const SPAN_MS = 2 * 3_600_000;

/** What becomes of an image; a bare one is stored and never processed. */
const OUTCOMES = ["ready", "ready", "ready", "rejected", "failed", "bare"] as const;

async function accept(world: TestWorld, ref: ImageRef, outcome: (typeof OUTCOMES)[number]) {
  world.clock.nowMs = t0OfImageId(ref.imageId);
  const bytes = outcome === "rejected" ? { bytes: NOT_AN_IMAGE } : {};
  const delivery = await world.upload(ref, bytes);
  if (outcome === "failed") await markFailed(world.ports, delivery);
  else if (outcome !== "bare") await processImage(world.ports, delivery);
}

async function filledWorld(): Promise<{ world: TestWorld; objects: number }> {
  const world = new TestWorld();
  // Digests play no part here, and their time would.
  Object.assign(world.ports, {
    hashing: { ...portableHashing, sha256: () => Promise.resolve("ab".repeat(32)) },
  });
  const random = seededRandom(7);
  const pick = <T>(from: readonly [T, ...T[]]) =>
    from[Math.floor(random() * from.length)] ?? from[0];
  const tenants = ["acme", "a-b", "demo"] as const;
  const owners = ["a", "m", "z", "2", "7"] as const;
  for (let at = 0; at < IMAGES; at++) {
    const imageId = makeImageId(
      FIRST_T0_MS + Math.floor(random() * SPAN_MS),
      Uint8Array.from({ length: 10 }, () => Math.floor(random() * 256)),
    );
    const tenant = parseTenant(pick(tenants));
    const owner = parseOwner(pick(owners).repeat(20));
    await accept(world, { tenant, owner, imageId }, pick(OUTCOMES));
  }
  return { world, objects: world.names().length };
}

/** The T0 of an object by its name. */
function t0Of(name: string): number {
  const id = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}/.exec(name)?.[0] ?? "";
  return t0OfImageId(parseImageId(id));
}

/** Sweeps by two at once until a sweep after the last image's end, and counts what went before its time or stayed beyond. */
async function watchSweeps() {
  const { world, objects } = await filledWorld();
  const filled = { raw: world.raw.names().length, objects, rows: world.rows.rows().length };
  const count = { early: 0, late: 0, overdue: 0 };
  const held = () => [
    ...world.names().map(t0Of),
    ...world.rows.rows().map(({ t0 }) => Date.parse(String(t0))),
  ];
  const endMs = FIRST_T0_MS + SPAN_MS + periodMs + sweepIntervalMs;
  let before = held();
  for (let nowMs = FIRST_T0_MS + periodMs - 1; nowMs < endMs; nowMs += sweepIntervalMs) {
    world.clock.nowMs = nowMs;
    const both = await Promise.all([sweepExpired(world.ports), sweepExpired(world.ports)]);
    count.overdue += both.flatMap(({ places }) => places)
      .reduce((sum, { overdue }) => sum + overdue, 0);
    const after = held();
    const isYoung = (t0Ms: number) => t0Ms > nowMs - periodMs;
    count.early += before.filter(isYoung).length - after.filter(isYoung).length;
    count.late += after.filter((t0Ms) => t0Ms + periodMs + graceMs < nowMs).length;
    before = after;
  }
  const { certificates, ports: { hashing } } = world;
  const { faults } = await verifyCertificates({ certificates, hashing });
  return { filled, ...count, left: before.length, faults };
}

// Before the first test, as a runner that follows every promise of its tests takes ten times as long for this.
const watched = await watchSweeps();

test(`of ${IMAGES} images and two sweepers at once, nothing goes early and nothing late`, () => {
  const { filled, ...seen } = watched;
  assert.equal(filled.raw, IMAGES);
  assert.ok(filled.objects > 3 * IMAGES && filled.rows > 0.8 * IMAGES, JSON.stringify(filled));
  assert.deepEqual(seen, { early: 0, late: 0, overdue: 0, left: 0, faults: [] });
});
