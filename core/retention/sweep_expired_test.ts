import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import type { ImageRow } from "../model/image_row.ts";
import { type ImageRef, manifestName, rawName } from "../model/object_name.ts";
import { DAY_MS } from "../model/utc_day.ts";
import { assertErased } from "../testing/assert_ready.ts";
import { crashEverywhere, withCalls } from "../testing/crashing_ports.ts";
import { portableHashing } from "../testing/portable_hashing.ts";
import { sampleRef, sampleRow } from "../testing/sample_row.ts";
import {
  NOON_MS,
  TestWorld,
  type TestWorldOptions,
  type WorldPorts,
} from "../testing/test_world.ts";
import type { Certificate } from "./certificate.ts";
import { eraseImage } from "./erase_image.ts";
import { RETENTION_POLICY } from "./policy.ts";
import type { Refusal } from "./purge_bucket.ts";
import { sweepExpired } from "./sweep_expired.ts";
import { type SweepPart, sweepPart, sweptPartSchema } from "./sweep_part.ts";
import { verifyCertificates } from "./verify_certificates.ts";

const { periodMs, graceMs, sweepIntervalMs } = RETENTION_POLICY;
const first = sampleRef(NOON_MS);
const second = sampleRef(NOON_MS + 1);
const third = sampleRef(NOON_MS + 3 * DAY_MS);

/** Two images a millisecond apart and one three days later, all processed; the first two are about to end. */
async function worldOfThree(options: TestWorldOptions = {}): Promise<TestWorld> {
  const world = new TestWorld(options);
  for (const ref of [first, second, third]) {
    world.clock.nowMs = t0OfImageId(ref.imageId);
    await world.process(ref);
  }
  world.clock.nowMs = NOON_MS + periodMs;
  return world;
}

function placeOf(certificate: Certificate, name: string) {
  const place = certificate.places.find(({ place }) => place === name);
  assert.ok(place !== undefined, name);
  return place;
}

/** Erases an image to its receipt. */
async function erase(world: TestWorld, ref: ImageRef): Promise<void> {
  await world.requestErasure(ref);
  await eraseImage(world.ports, ref);
  await world.settle();
}

const idsLeft = (world: TestWorld) =>
  [first, second, third].filter(({ imageId }) =>
    world.names().some((name) => name.includes(imageId)) ||
    world.rows.rows().some(({ image_id }) => image_id === imageId)
  );

test("sweepExpired() takes nothing a millisecond early and everything at its time, from every store", async () => {
  const world = await worldOfThree();
  world.clock.nowMs = NOON_MS + periodMs - 1;
  await sweepExpired(world.ports);
  assert.deepEqual(idsLeft(world), [first, second, third]);
  world.clock.nowMs++;
  await sweepExpired(world.ports);
  assert.deepEqual(idsLeft(world), [second, third]);
  assert.deepEqual([world.raw.names().length, world.processed.names().length], [2, 8]);
  assert.equal(world.rows.rows().length, 2);
});

test("sweepExpired() certifies what it looked at and the oldest T0 left in each store, with a copy in BigQuery", async () => {
  const world = await worldOfThree();
  const certificate = await sweepExpired(world.ports);
  const { n, complete, sweptAt } = certificate;
  assert.deepEqual([n, complete, certificate.periodMs], [1, true, periodMs]);
  assert.equal(sweptAt, new Date(NOON_MS + periodMs).toISOString());
  const left = new Date(NOON_MS + 1).toISOString();
  const counts = (place: string) => {
    const { evidence, oldestT0, lookedAt, deleted, overdue } = placeOf(certificate, place);
    return [evidence, oldestT0, lookedAt, deleted, overdue];
  };
  assert.deepEqual(counts("raw"), ["observed", left, 2, 1, 0]);
  assert.deepEqual(counts("processed"), ["observed", left, 8, 4, 0]);
  assert.deepEqual(counts("warehouse"), ["observed", left, 2, 1, 0]);
  assert.deepEqual(counts("kafka_topics"), ["configured", null, 0, 0, 0]);
  const lines = world.rows.purges();
  assert.deepEqual(lines.map(({ store }) => store), certificate.places.map(({ place }) => place));
  assert.ok(lines.every((line) => line.certificate === 1));
  assert.equal(lines[0]?.oldest_t0, left);
});

test("sweepExpired() purges request, receipt, what says that there was something, and tombstone at their time", async () => {
  const world = await worldOfThree();
  await erase(world, third);
  world.clock.nowMs = NOON_MS + 3 * DAY_MS + periodMs - 1;
  const certificate = await sweepExpired(world.ports);
  const t0 = new Date(NOON_MS + 3 * DAY_MS).toISOString();
  assert.equal(placeOf(certificate, "erasures").oldestT0, t0);
  assertErased(world, third);
  world.clock.nowMs++;
  await sweepExpired(world.ports);
  assert.deepEqual([world.names(), world.rows.rows()], [[], []]);
});

test("sweepExpired() reports a row that comes late, overdue from the grace on, and deletes it in the next sweep", async () => {
  const world = await worldOfThree();
  const late = sampleRow(first);
  const purge = world.rows.purge.bind(world.rows);
  const rowsLeft = async (nowMs: number, ...rows: readonly ImageRow[]) => {
    world.clock.nowMs = nowMs;
    world.rows.purge = async (...input) => {
      const deleted = await purge(...input);
      world.rows.write(...rows);
      return deleted;
    };
    const { deleted, oldestT0, overdue } = placeOf(await sweepExpired(world.ports), "warehouse");
    return [deleted, oldestT0, overdue];
  };
  const oldest = new Date(NOON_MS).toISOString();
  assert.deepEqual(await rowsLeft(NOON_MS + periodMs + graceMs, late), [2, oldest, 0]);
  assert.deepEqual(await rowsLeft(NOON_MS + periodMs + graceMs + 1, late), [1, oldest, 1]);
  assert.deepEqual((await rowsLeft(NOON_MS + periodMs + DAY_MS)).slice(2), [0]);
});

test("sweepExpired() twice at once purges once and makes one chain of two", async () => {
  const world = await worldOfThree();
  const both = await Promise.all([sweepExpired(world.ports), sweepExpired(world.ports)]);
  const deleted = (place: string) =>
    both.reduce((sum, certificate) => sum + placeOf(certificate, place).deleted, 0);
  assert.deepEqual([deleted("raw"), deleted("processed"), deleted("warehouse")], [1, 4, 1]);
  assert.deepEqual(both.map(({ n }) => n).toSorted(), [1, 2]);
  const { certificates } = world;
  const { faults, newest } = await verifyCertificates({ certificates, hashing: portableHashing });
  assert.deepEqual([faults, newest], [[], 2]);
});

test("sweepExpired() whose budget is used up says so in its certificate, and the next one ends it", async () => {
  const world = await worldOfThree();
  world.clock.nowMs = NOON_MS + 20 * DAY_MS;
  const removeMany: WorldPorts["raw"]["removeMany"] = (_, { signal } = {}) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const policy = { ...RETENTION_POLICY, sweepBudgetMs: 20 };
  const raw = withCalls(world.raw, { removeMany });
  const certificate = await sweepExpired({ ...world.ports, raw, policy });
  assert.deepEqual([certificate.n, certificate.complete], [1, false]);
  assert.deepEqual(world.rows.rows(), [], "rows are purged in any case");
  assert.equal((await sweepExpired(world.ports)).complete, true);
  assert.deepEqual(idsLeft(world), []);
});

test("sweepExpired() that is aborted throws the reason and issues no certificate", async () => {
  const cut = new AbortController();
  const world = await worldOfThree({
    raw: { after: (operation) => void (operation === "remove" && cut.abort(new Error("over"))) },
  });
  await assert.rejects(() => sweepExpired(world.ports, { signal: cut.signal }), /over/);
  assert.deepEqual(world.certificates.names(), []);
  assert.equal((await sweepExpired(world.ports)).complete, true);
  assert.deepEqual(idsLeft(world), [second, third]);
});

const away = () => Promise.reject(new AppError("unavailable", "BigQuery is away"));
const noTopic = () => Promise.reject(new Error("no such topic"));

for (
  const [what, calls, message, certificates] of [
    ["BigQuery is away", { purge: away }, /BigQuery is away/, []],
    ["the copy failed", { publishPurge: noTopic }, /certificate 1/, ["certificates/1"]],
    ["the copy is away", { publishPurge: away }, /BigQuery is away/, ["certificates/1"]],
  ] as const
) {
  test(`sweepExpired() purges objects although ${what}, and throws that it is so`, async () => {
    const world = await worldOfThree();
    Object.assign(world.rows, calls);
    await assert.rejects(sweepExpired(world.ports), { code: "unavailable", message });
    assert.deepEqual(world.names().filter((name) => name.includes(first.imageId)), []);
    assert.deepEqual(world.certificates.names(), certificates);
  });
}

test("sweepExpired() whose every removal is refused certifies all that is overdue, and names what stays", async () => {
  const before = (operation: string) => {
    if (operation === "remove") throw new AppError("internal", "It responded with 403");
  };
  const world = await worldOfThree({ raw: { before }, processed: { before } });
  world.clock.nowMs += graceMs + 2;
  const refused: string[] = [];
  const onRefusal = ({ bucket, name }: Refusal) => void refused.push(`${bucket} ${name}`);
  const certificate = await sweepExpired(world.ports, { onRefusal });
  const counts = ["raw", "processed"].map((place) => {
    const { lookedAt, deleted, overdue, oldestT0 } = placeOf(certificate, place);
    return [lookedAt, deleted, overdue, oldestT0];
  });
  const oldest = new Date(NOON_MS).toISOString();
  assert.deepEqual(counts, [[3, 0, 2, oldest], [12, 0, 8, oldest]]);
  const kept = world.processed.names().filter((name) => !name.includes(third.imageId));
  const raws = [first, second].map((ref) => `raw ${rawName(ref)}`);
  const names = [...raws, ...kept.map((name) => `processed ${name}`)];
  assert.deepEqual(refused.toSorted(), names.toSorted());
});

test("sweepExpired() in parts leaves one certificate, whose counts are those of one part", async () => {
  const [alone, split] = [await worldOfThree(), await worldOfThree()];
  const asked: string[] = [];
  const certificate = await sweepExpired(split.ports, {
    parts: 8,
    sweepElsewhere: async (shards) => {
      asked.push(shards.join(""));
      const part = await sweepPart(split.ports, { shards });
      return sweptPartSchema.parse(JSON.parse(JSON.stringify(part)));
    },
  });
  assert.equal(asked.length, 7, "the first part is swept where the certificate is written");
  assert.deepEqual(certificate, await sweepExpired(alone.ports));
  assert.deepEqual(split.certificates.names(), ["certificates/1"]);
  assert.deepEqual(idsLeft(split), [second, third]);
});

const silent: SweepPart = (_, { signal }) =>
  new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
for (const [what, sweepElsewhere] of [["fails", away], ["is silent", silent]] as const) {
  test(`sweepExpired() one of whose parts ${what} certifies the others, and names its shards`, async () => {
    const world = await worldOfThree();
    const missing: string[] = [];
    const onMissing = (shards: readonly string[]) => void missing.push(...shards);
    const policy = { ...RETENTION_POLICY, sweepBudgetMs: 100 };
    const options = { parts: 2, sweepElsewhere, onMissing };
    const certificate = await sweepExpired({ ...world.ports, policy }, options);
    assert.deepEqual([certificate.complete, certificate.missingShards.length], [false, 16]);
    assert.deepEqual(certificate.missingShards, missing.toSorted());
    assert.equal(placeOf(certificate, "raw").deleted, 1);
    assert.deepEqual(world.certificates.names(), ["certificates/1"]);
    assert.equal((await sweepExpired(world.ports)).complete, true);
  });
}

test("sweepExpired() after a death at any call ends as undisturbed", async () => {
  const deaths = await crashEverywhere({
    makeWorld: () => worldOfThree(),
    walk: (ports) => sweepExpired(ports),
    repeat: async (world, at) => {
      const certificate = await sweepExpired(world.ports);
      assert.equal(certificate.complete, true, at);
      assert.deepEqual(idsLeft(world), [second, third], at);
      const left = [world.raw.names(), world.processed.names(), world.rows.rows()];
      assert.deepEqual(left.map(({ length }) => length), [2, 8, 2], at);
      const { certificates } = world;
      const { faults } = await verifyCertificates({ certificates, hashing: portableHashing });
      assert.deepEqual(faults, [], at);
    },
  });
  assert.ok(deaths >= 40, `${deaths} deaths`);
});

test("a sweeper whose clock is behind takes nothing early, and everything within the grace", async () => {
  const world = new TestWorld();
  await world.process(first);
  const behindMs = 60_000;
  for (let trueMs = NOON_MS + periodMs; world.names().length > 0; trueMs += sweepIntervalMs) {
    assert.ok(trueMs <= NOON_MS + periodMs + graceMs, "within the grace");
    world.clock.nowMs = trueMs - behindMs;
    await sweepExpired(world.ports);
  }
});

test("an image whose T0 is ahead of the sweeper's clock is ours, and kept for its seven days", async () => {
  const world = new TestWorld();
  await world.process(sampleRef(NOON_MS + 5_000));
  const sweeps = [[0, 5], [5_000 + periodMs - 1, 5], [5_000 + periodMs, 0]] as const;
  for (const [afterMs, left] of sweeps) {
    world.clock.nowMs = NOON_MS + afterMs;
    const { places } = await sweepExpired(world.ports);
    assert.deepEqual([places[0]?.place, places[0]?.foreign], ["raw", 0]);
    assert.equal(world.names().length, left);
  }
});

test("an object that was replaced between list and removal is removed in the same sweep", async () => {
  let isReplaced = false;
  const world: TestWorld = new TestWorld({
    processed: {
      before: async (operation, name) => {
        if (operation !== "remove" || name !== manifestName(first) || isReplaced) return;
        isReplaced = true;
        const facts = await world.processed.stat(manifestName(first));
        await world.processed.replace(manifestName(first), new Uint8Array(2), {
          contentType: "application/json",
          customTimeMs: NOON_MS,
          ifGeneration: facts?.generation ?? "",
        });
      },
    },
  });
  await world.process(first);
  world.clock.nowMs = NOON_MS + periodMs;
  await sweepExpired(world.ports);
  assert.ok(isReplaced);
  assert.deepEqual(world.names(), []);
});
