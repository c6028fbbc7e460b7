/** A campaign over every crash point: two members, one of which is killed there, while records come; then what is there. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { eventually } from "@tintype/core/testing/eventually";
import type { Cloud } from "./cloud.ts";
import { CRASH_POINTS, type CrashPoint } from "./crash_points.ts";
import { md5Of } from "./describe_on_kafka.ts";
import { chunkHeaders } from "./fake_ports.ts";
import type { Sent, TestTopics } from "./test_topics.ts";

/** How long a campaign is. */
interface CampaignSize {
  /** How often each point is crashed at. */
  readonly rounds: number;
  readonly records: number;
}

const CRASHING = "kafka-bridge/testing/crashing_bridge.ts";
/** Which passing kills; the rarer points at once. */
const CRASH_AFTER: Readonly<Record<CrashPoint, number>> = {
  fetched: 20,
  before_create: 12,
  created: 10,
  before_commit: 2,
  refusing: 2,
  refused: 2,
  publishing: 2,
  published: 2,
  rebalancing: 1,
  assembling: 2,
};
const PARTITIONS = 4;
const CHUNKS = 3;
const SETS_A_WAVE = 4;
const CATCH_UP_MS = 120_000;

/** What must be at the end: digests by object name, and the places of what is refused. */
interface Expected {
  readonly objects: Map<string, string>;
  readonly refused: Set<string>;
}

/** How many records are sent while one member is killed. */
interface Wave {
  readonly wave: number;
  readonly count: number;
}

/** Runs the campaign and asserts that every record is one object with its bytes, or refused with a reason. */
export async function crashEverywhere(
  cloud: Cloud,
  topics: TestTopics,
  { rounds, records }: CampaignSize,
): Promise<void> {
  const before = (await cloud.objects()).size;
  const expected: Expected = { objects: new Map(), refused: new Set() };
  const steady = topics.startBridge();
  await steady.line("listening");
  const waves = rounds * CRASH_POINTS.length;
  const perWave = Math.ceil(records / waves);
  for (let wave = 0; wave < waves; wave++) {
    const point = CRASH_POINTS[wave % CRASH_POINTS.length] ?? "fetched"; // the index is below the length
    const env = { CRASH_AT: point, CRASH_AFTER: String(CRASH_AFTER[point]) };
    const crashing = topics.startBridge(env, CRASHING);
    await crashing.line("listening");
    const extra = point === "rebalancing" ? topics.startBridge() : undefined;
    await sendWave(topics, expected, { wave, count: perWave });
    const end = await Promise.race([crashing.ended, sleep(CATCH_UP_MS, "alive", { ref: false })]);
    assert.equal(end, "SIGKILL", `it was to be killed at ${point}: ${crashing.errors()}`);
    if (extra !== undefined) assert.equal(await extra.kill("SIGTERM"), 0);
  }
  await topics.caughtUp(CATCH_UP_MS);
  const held = await cloud.objects();
  for (const [name, digest] of expected.objects) assert.equal(held.get(name), digest, name);
  assert.equal(held.size - before, expected.objects.size, "no object that nobody sent");
  const letters = await eventually("every dead letter", async () => {
    const all = await topics.deadLetters(expected.refused.size);
    return new Set(all.map(({ origin }) => origin)).size >= expected.refused.size && all;
  }, CATCH_UP_MS);
  assert.deepEqual(new Set(letters.map(({ origin }) => origin)), expected.refused);
  assert.ok(letters.every(({ reason }) => reason === "not_an_image"));
  const refusals = (await topics.refusals()).map(({ attributes }) => attributes);
  assert.deepEqual(new Set(refusals.map(({ origin }) => origin)), expected.refused);
  assert.equal(new Set(refusals.map(({ event_id }) => event_id)).size, expected.refused.size);
  assert.equal(await steady.kill("SIGTERM"), 0);
}

/** Pictures, each with bytes of its own and every tenth sent twice, some that are none, and chunk sets. */
async function sendWave(
  topics: TestTopics,
  expected: Expected,
  { wave, count }: Wave,
): Promise<void> {
  const sets = SETS_A_WAVE * PARTITIONS;
  const whole = count - sets * CHUNKS;
  const values = Array.from({ length: whole }, (_, index) => {
    const isDuplicate = index % 10 === 9;
    if (index % 13 === 12) return NOT_AN_IMAGE;
    return Buffer.concat([PNG_PIXEL, Buffer.from(`${wave}/${isDuplicate ? index - 1 : index}`)]);
  });
  const sent = await topics.send(values);
  for (const [index, value] of values.entries()) {
    const place = sent[index];
    assert.ok(place !== undefined);
    if (value === NOT_AN_IMAGE) expected.refused.add(placeOf(topics, place));
    else expected.objects.set(await topics.nameOf(place), md5Of(value));
  }
  // Side by side, so that chunks of several sets come between each other.
  const indexes = Array.from({ length: sets }, (_, index) => index);
  await Promise.all(indexes.map((index) => sendSet(topics, expected, [wave, index])));
}

async function sendSet(
  topics: TestTopics,
  expected: Expected,
  [wave, index]: readonly [number, number],
): Promise<void> {
  const parts = [PNG_PIXEL, Buffer.alloc(300_000, wave), Buffer.from(`${wave}/${index}`)];
  let first: Sent | undefined;
  for (const [part, value] of parts.entries()) {
    const chunk = chunkHeaders(`${wave}-${index}`, part, CHUNKS);
    const [place] = await topics.send([value], chunk, index % PARTITIONS);
    first ??= place;
  }
  assert.ok(first !== undefined);
  expected.objects.set(await topics.nameOf(first), md5Of(...parts));
}

function placeOf({ topic }: TestTopics, { partition, offset }: Sent): string {
  return `${topic}/${partition}/${offset}`;
}
