import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import { type ImageRef, rawName, receiptName } from "../model/object_name.ts";
import { DAY_MS } from "../model/utc_day.ts";
import { portableHashing as hashing } from "../testing/portable_hashing.ts";
import { sampleRef, sampleRow } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld, type TestWorldOptions } from "../testing/test_world.ts";
import { auditStores } from "./audit_stores.ts";
import { certificateName, issueCertificate } from "./certificate.ts";
import { eraseImage, removeLive } from "./erase_image.ts";
import { rewriteCertificate, sampleDraft, sign, verify } from "../testing/sample_certificate.ts";
import { RETENTION_POLICY, retentionPolicyOf } from "./policy.ts";
import { settleErasures } from "./settle_erasures.ts";
import { sweepExpired } from "./sweep_expired.ts";

const { periodMs, graceMs, sweepIntervalMs, erasureMs } = RETENTION_POLICY;
const refs = [0, 1, 2].map((days) => sampleRef(NOON_MS + days * DAY_MS));
const [first, second] = refs as [ImageRef, ImageRef]; // of the three just made

/** Three processed images of three days, swept just now; nothing is over. */
async function sweptWorld(options: TestWorldOptions = {}): Promise<TestWorld> {
  const world = new TestWorld(options);
  for (const ref of refs) {
    world.clock.nowMs = t0OfImageId(ref.imageId);
    await world.process(ref);
  }
  await sweepExpired(world.ports);
  return world;
}

const audit = (world: TestWorld) =>
  auditStores({ ...world.ports, certificates: world.certificates, rows: world.rows, verify });

/** Codes of what is wrong. */
async function findings(world: TestWorld): Promise<string[]> {
  const { findings, passed } = await audit(world);
  assert.equal(passed, findings.length === 0);
  return findings.map(({ code }) => code);
}

test("auditStores() passes an empty system, and one that keeps its promise, and counts what it keeps", async () => {
  assert.deepEqual(await findings(new TestWorld()), []);
  const world = await sweptWorld();
  const seen = await audit(world);
  assert.deepEqual([seen.passed, seen.findings, seen.notes], [true, [], []]);
  assert.deepEqual([seen.raw.objects, seen.processed.objects, seen.warehouse.rows], [3, 12, 3]);
  assert.equal(seen.raw.bytes, 3 * 69);
  assert.deepEqual([seen.raw.oldestT0Ms, seen.raw.newestT0Ms], [NOON_MS, NOON_MS + 2 * DAY_MS]);
  assert.deepEqual([seen.chain.found, seen.chain.newest, seen.chain.knownNewest], [1, 1, 1]);
  const configured = seen.places.filter(({ evidence }) => evidence === "configured");
  assert.deepEqual(configured.map(({ place }) => place), ["unfinished_sessions", "kafka_topics"]);
});

test("auditStores() reports what is in removal, and from a millisecond over the grace that it is overdue", async () => {
  const world = await sweptWorld();
  const late = async (nowMs: number) => {
    world.clock.nowMs = nowMs;
    // The newest certificate is of now, so that only the objects speak.
    const draft = sampleDraft({ sweptAt: new Date(nowMs).toISOString() });
    await issueCertificate({ certificates: world.certificates, hashing, sign }, draft);
    return await audit(world);
  };
  const due = await late(NOON_MS + periodMs + graceMs);
  assert.deepEqual([due.findings, due.raw.due, due.processed.due], [[], 1, 4]);
  assert.equal(due.notes.filter((note) => note.startsWith("5 objects")).length, 1);
  const overdue = await late(NOON_MS + periodMs + graceMs + 1);
  assert.deepEqual(overdue.findings.map(({ code }) => code), ["overdue", "overdue", "overdue"]);
  assert.deepEqual(overdue.raw.overdueNames, [rawName(first)]);
  assert.deepEqual([overdue.processed.overdue, overdue.warehouse.overdue], [4, 1]);
  const other = await sweptWorld();
  other.rows.write(sampleRow(sampleRef(other.clock.nowMs - periodMs - graceMs - 1)));
  assert.deepEqual(await findings(other), ["overdue"], "a row where every object is gone");
  other.rows.purge = () => Promise.resolve(0);
  await sweepExpired(other.ports);
  assert.equal((await audit(other)).chain.reportedOverdue, 1);
});

test("auditStores() finds names that are not ours or of no time, in each bucket, wherever they lie", async () => {
  const names = ["readme.txt", "tmp/a", "2026-03-14/acme/x", "a/2026-03-14/acme/x", "a/odd/x"];
  const folders = ["a/x", "erased/x", "erased/odd/x", "erasing/a/x"];
  const planted = [sampleRef(Date.UTC(9999, 0, 1)), sampleRef(NOON_MS + 4 * DAY_MS)].map(rawName);
  const all = [...names, ...folders];
  const stores = { raw: [...all, ...planted], processed: all, erasures: all, certificates: all };
  for (const [store, foreign] of Object.entries(stores) as [keyof typeof stores, string[]][]) {
    for (const name of foreign) {
      const world = await sweptWorld();
      await world[store].put(name);
      assert.deepEqual(await findings(world), ["foreign_names"], `${name} in ${store}`);
    }
  }
});

test("auditStores() finds an erasure without a receipt once it has had its time", async () => {
  const world = await sweptWorld();
  world.rows.hold();
  await world.requestErasure(first);
  await eraseImage(world.ports, first);
  const settleAfter = async (afterMs: number) => {
    world.clock.nowMs += afterMs;
    await settleErasures(world.ports);
    await sweepExpired(world.ports);
    return (await audit(world)).erasures;
  };
  const before = { asked: 1, receipts: 0, overdue: 0, survivors: 0 };
  assert.deepEqual(await settleAfter(erasureMs), before);
  assert.deepEqual(await settleAfter(1), { ...before, overdue: 1 });
  assert.deepEqual(await findings(world), ["erasure_overdue"]);
  world.rows.deliver();
  assert.deepEqual(await settleAfter(1), { ...before, receipts: 1 });
  assert.deepEqual(await findings(world), []);
});

test("auditStores() finds what is left of an image that has a receipt, not what was just written", async () => {
  const world = await sweptWorld();
  await world.requestErasure(first);
  await world.processed.put(receiptName(first));
  await world.requestErasure(second);
  world.clock.nowMs += graceMs;
  const { erasures } = await audit(world);
  // The three days' images are older than the grace; of the first, raw object, three renditions and manifest are left.
  assert.deepEqual([erasures.asked, erasures.survivors], [2, 5]);
  assert.deepEqual(await findings(world), ["erased_but_there"]);
  await eraseImage(world.ports, first);
  await world.upload(first);
  assert.deepEqual(await findings(world), []);
});

test("auditStores() finds what is wrong in the chain, its end that was cut off by BigQuery's copy", async () => {
  const world = await sweptWorld();
  for (let more = 0; more < 4; more++) await sweepExpired(world.ports);
  await rewriteCertificate(
    world.certificates,
    3,
    (text) => text.replace('"deleted": 0', '"deleted": 1'),
  );
  await removeLive(world.certificates, certificateName(5));
  const found = (await audit(world)).findings.map(({ code, text }) =>
    `${code} ${text.slice(0, 13)}`
  );
  assert.deepEqual(found, [3, 4, 5].map((n) => `chain_broken certificate ${n}`));
});

test("auditStores() finds that no sweep ran for longer than its interval and the grace, or none ever", async () => {
  const never = new TestWorld();
  await never.upload(first);
  never.clock.nowMs = NOON_MS + sweepIntervalMs + graceMs + 1;
  assert.deepEqual(await findings(never), ["sweep_missing"]);
  const world = await sweptWorld();
  world.clock.nowMs += sweepIntervalMs + graceMs;
  assert.deepEqual(await findings(world), []);
  world.clock.nowMs++;
  assert.deepEqual(await findings(world), ["sweep_missing"]);
  await sweepExpired(world.ports);
  const { findings: none, notes, chain } = await audit(world);
  assert.deepEqual([none, chain.gaps], [[], 1]);
  assert.equal(notes.length, 1);
});

test("auditStores() finds a sweeper whose clock was ahead of the store's", async () => {
  const world = await sweptWorld();
  const { nowMs } = world.clock;
  for (const [aheadMs, found] of [[1_000, []], [1_001, ["clock_ahead"]]] as const) {
    world.clock.nowMs = nowMs;
    await sweepExpired({ ...world.ports, clock: { now: () => nowMs + aheadMs } });
    world.clock.nowMs += 10_000;
    assert.deepEqual(await findings(world), found);
  }
});

test("auditStores() finds certificates of another promise", async () => {
  const world = await sweptWorld();
  await sweepExpired({ ...world.ports, policy: retentionPolicyOf(periodMs - 1) });
  const { findings, notes, chain } = await audit(world);
  assert.deepEqual(findings.map(({ code }) => code), ["other_period"]);
  assert.deepEqual([chain.periodsMs, chain.policyHashes.length], [[periodMs, periodMs - 1], 2]);
  assert.equal(notes.length, 2);
});

test("auditStores() changes nothing, and throws where a store cannot be read", async () => {
  const world = await sweptWorld();
  await world.requestErasure(second);
  world.clock.nowMs = NOON_MS + 30 * DAY_MS;
  const held = () => [world.names(), world.certificates.names(), [...world.rows.rows()]];
  const before = held();
  assert.ok((await findings(world)).includes("overdue"));
  assert.deepEqual(held(), before);
  const list = () => Promise.reject(new AppError("unavailable", "The store is away"));
  const { certificates, rows } = world;
  const away = { ...world.ports, certificates, rows, verify, processed: { list } };
  await assert.rejects(auditStores(away), { code: "unavailable" });
});
