/**
 * The game: a referee gets whatever was ever written of 10,000 images, fail-safe copies of deleted rows and dead letters
 * included, every live key, and a list of all people and files. Before the salts are dropped he links every image; after
 * it, none.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DAYS_FILE, type DaySalt, parseDaySalts, saltAt } from "../model/day_salts.ts";
import { recordOfManifest } from "../model/image_record.ts";
import { manifestName, type ObjectName, rawName } from "../model/object_name.ts";
import { contentKeyOf, deriveOwner, parsePseudonymKeys } from "../model/owner.ts";
import { DAY_MS } from "../model/utc_day.ts";
import { portableHashing as hashing } from "../testing/portable_hashing.ts";
import { sampleManifest } from "../testing/sample_manifest.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { keepDays } from "./keep_days.ts";
import { sweepExpired } from "./sweep_expired.ts";

const IMAGES = 10_000;
const PEOPLE = Array.from({ length: 500 }, (_, at) => `person-${at}@example.com`);
const FILES = PEOPLE.map((_, at) => at.toString(16).padStart(64, "0"));
const { tenant } = sampleRef();
const keys = await parsePseudonymKeys(
  JSON.stringify({ 1: "a live pseudonym key that nobody rotated" }),
);

test(`a referee with everything links ${IMAGES} images by the salts, and none once they are dropped`, async () => {
  const world = new TestWorld();
  const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  const days = async () =>
    parseDaySalts(await world.config.read(DAYS_FILE as ObjectName) ?? assert.fail());
  const keep = () => keepDays({ ...world.ports, config: world.config, random, pseudonymKey: 1 });
  await keep();
  const salts = await days();
  const [owners, contentKeys] = await pseudonymsOf(salts);
  const left: string[] = [];
  for (let at = 0; at < IMAGES; at++) {
    const t0Ms = NOON_MS + at * 7 * DAY_MS / IMAGES;
    const { day } = saltAt(salts, t0Ms);
    const [owner, contentKey] = [
      owners.get(`${day} ${at % 500}`),
      contentKeys.get(`${day} ${at % 499}`),
    ];
    const ref = { ...sampleRef(t0Ms), owner: owner ?? assert.fail() };
    const manifest = sampleManifest(ref, { sha256: FILES[at % 499] });
    await Promise.all([world.raw.put(rawName(ref)), world.processed.put(manifestName(ref))]);
    const record = await recordOfManifest(hashing, { ref, manifest, generation: "1", contentKey });
    world.rows.write(record.row);
    left.push(rawName(ref), manifestName(ref), JSON.stringify(record));
  }
  world.clock.nowMs = NOON_MS + 14 * DAY_MS;
  await sweepExpired(world.ports);
  assert.deepEqual([...world.names(), ...world.rows.rows()], []);
  assert.deepEqual(await linked(left, await days()), { people: IMAGES, files: IMAGES });
  // The end of the last image's day, and seven days.
  world.clock.nowMs += DAY_MS / 2;
  await keep();
  assert.ok((await days()).length >= 8, "days to come have salts");
  assert.deepEqual(await linked(left, await days()), { people: 0, files: 0 });
});

/** The owner of each person, and the content key of each file, on each day; by day and place in the list. */
async function pseudonymsOf(salts: readonly DaySalt[]) {
  const owners = new Map<string, Awaited<ReturnType<typeof deriveOwner>>>();
  const contentKeys = new Map<string, string>();
  for (const salt of salts) {
    await Promise.all(PEOPLE.map(async (subject, at) => {
      owners.set(`${salt.day} ${at}`, await deriveOwner(keys, salt, { tenant, subject }));
      contentKeys.set(`${salt.day} ${at}`, await contentKeyOf(salt, FILES[at] ?? assert.fail()));
    }));
  }
  return [owners, contentKeys] as const;
}

/** How many images the referee can say of whose they were, and which file: by a pseudonym, or in plain words. */
async function linked(left: readonly string[], salts: readonly DaySalt[]) {
  const [owners, contentKeys] = await pseudonymsOf(salts);
  const [people, files] = [[...owners.values(), ...PEOPLE], [...contentKeys.values(), ...FILES]]
    .map((words) => new Set(words));
  const records = left.filter((text) => text.startsWith("{"));
  const count = (known: Set<string> | undefined) =>
    records.filter((text) => text.match(/[\w@.-]+/g)?.some((word) => known?.has(word))).length;
  const seen = { people: count(people), files: count(files) };
  const names = left.filter((text) => text.split("/").some((word) => people?.has(word))).length;
  assert.equal(names, 2 * seen.people, "names say what rows say");
  return seen;
}
