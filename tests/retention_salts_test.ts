/**
 * When a day's salt is dropped, nobody can say whose an image was, or which file: with everything that is left in hand,
 * fail-safe copies of rows and all live keys included. The moment before, the same search finds every link.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { DaySalt } from "@tintype/core/model/day_salts";
import { contentKeyOf, deriveOwner, parsePseudonymKeys } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { DAY_MS, dayOf, startOfDay } from "@tintype/core/model/utc_day";
import { keepDays } from "@tintype/core/retention/keep_days";
import { retentionPolicyOf } from "@tintype/core/retention/policy";
import { eventually } from "@tintype/core/testing/eventually";
import { LOCAL, STORAGE_URLS, URLS } from "@tintype/local/start/local_names";
import { gcsObjectStore } from "@tintype/processor/adapters/gcs_object_store";
import { publish } from "@tintype/pubsub/publish";
import { pull } from "@tintype/pubsub/pull";
import { BUCKETS, clientFor, namesWith, query, readDays, readObject, TENANT } from "./_cloud.ts";
import { postJson } from "./_emulator.ts";
import { noisePng, sha256 } from "./_pictures.ts";
import { runningFiles } from "./_running_files.ts";
import { startSystem, type System } from "./_system.ts";

const RETENTION_MS = 30_000;
const PEOPLE = ["zaphod.salt@example.com", "trillian.salt@example.com"] as const;
const PROJECT = `projects/${LOCAL.project}`;
const WAIT_MS = 90_000;
const pubsub = { endpoint: URLS.pubsub };

let system: System;
/** SHA-256 of each person's file. */
let files: readonly string[];
/** Rows as BigQuery's fail-safe keeps them when they are deleted. */
let copies: string;
let nowMs: number;

before(async () => {
  const args = ["--doors", "edge", "--verbose", "--retention", `${RETENTION_MS / 1_000}s`];
  system = await startSystem(args, { pictures: { "one.png": noisePng(40, 30) } });
  nowMs = Date.now();
  files = await Promise.all(PEOPLE.map(async (person) => {
    const bytes = noisePng(80, 60);
    const client = clientFor(person);
    const { imageId } = await client.upload(new Blob([bytes], { type: "image/png" }));
    await client.waitUntilReady(imageId, { timeoutMs: RETENTION_MS });
    return sha256(bytes);
  }));
  const rows = `SELECT * FROM tintype.images WHERE tenant = '${TENANT}'`;
  await eventually("every row", async () => (await query(rows)).length === PEOPLE.length, WAIT_MS);
  copies = JSON.stringify(await query(rows));
  await buryRows();
});
after(async () => await system?.stop());

/** Makes dead letters of records, which say what rows say: of rows with a column that the table does not have. */
async function buryRows(): Promise<void> {
  const settings = { topic: "tintype-images", maxAttempts: 1 };
  await postJson(`${URLS.pubsub}/_local/push`, settings);
  const data = "SELECT image_id, owner, content_key FROM tintype.images";
  const messages = (await query(data)).map(([image_id, owner, content_key]) => (
    { data: JSON.stringify({ image_id, owner, content_key, no_such_column: 1 }) }
  ));
  await publish(pubsub, `${PROJECT}/topics/tintype-images`, messages);
  const hasLetters = async () => (await deadLetters()).includes("no_such_column");
  await eventually("dead letters", hasLetters, WAIT_MS);
}

let letters = "";
async function deadLetters(): Promise<string> {
  const subscription = `${PROJECT}/subscriptions/tintype-images-dead`;
  for (const { data } of await pull(pubsub, subscription, { maxMessages: 100 })) {
    letters += new TextDecoder().decode(data);
  }
  return letters;
}

/** Everything that is left, in one text: objects, rows and their copies, log lines, dead letters. */
async function leftovers(): Promise<string> {
  const parts = [copies, await deadLetters(), system.lines.join("\n")];
  for (const bucket of Object.values(BUCKETS)) {
    const url = `${URLS.storage}/storage/v1/b/${bucket}/o?maxResults=1000`;
    parts.push(await (await fetch(url)).text());
    for (const name of await namesWith(bucket)) {
      parts.push(Buffer.from((await readObject(bucket, name)).bytes).toString("latin1"));
    }
  }
  for (const table of ["images", "purges"]) {
    parts.push(JSON.stringify(await query(`SELECT * FROM tintype.${table}`)));
  }
  return parts.join("\n");
}

/** Who and which file can be found in the text, with every salt that is there and every live key. */
async function linksIn(text: string): Promise<string[]> {
  const secrets = JSON.parse(await readFile(join(system.dataDir, "identities.json"), "utf8"));
  const keys = await parsePseudonymKeys(JSON.stringify(secrets.pseudonymKeys));
  const tenant = parseTenant(TENANT);
  const links: string[] = [];
  for (const day of await readDays()) {
    const salts = [...keys.keys()].map((pseudonymKey): DaySalt => ({ ...day, pseudonymKey }));
    for (const subject of PEOPLE) {
      for (const salt of salts) {
        const owner = await deriveOwner(keys, salt, { tenant, subject });
        if (text.includes(owner)) links.push(subject);
      }
    }
    for (const file of files) {
      if (text.includes(await contentKeyOf(day, file))) links.push(file);
    }
  }
  const plain = [...PEOPLE, ...files, ...files.map((file) => base64Of(file))];
  return [...links, ...plain.filter((word) => text.includes(word))];
}

function base64Of(hex: string): string {
  return Buffer.from(hex, "hex").toString("base64");
}

test("after a day is dropped nothing that is left links an image to a subject or a file", async () => {
  const gone = async () => {
    const buckets = [BUCKETS.raw, BUCKETS.processed, BUCKETS.erasures];
    const names = await Promise.all(buckets.map((bucket) => namesWith(bucket)));
    const rows = await query("SELECT image_id FROM tintype.images");
    return names.flat().length + rows.length === 0;
  };
  await eventually("every object and row to be gone", gone, RETENTION_MS + WAIT_MS, 500);

  const before = await leftovers();
  assert.deepEqual((await linksIn(before)).sort(), [...PEOPLE, ...files].sort());

  const policy = retentionPolicyOf(RETENTION_MS);
  const overAtMs = startOfDay(dayOf(nowMs)) + DAY_MS + policy.periodMs;
  const dropped = (await readDays()).filter(({ day }) => day <= dayOf(nowMs));
  const config = gcsObjectStore({ bucket: LOCAL.configBucket, endpoint: STORAGE_URLS.keeper });
  const ports = { config, policy, pseudonymKey: 1, random: randomBytes };
  const early = await keepDays({ ...ports, clock: { now: () => overAtMs - 1 } });
  assert.equal(early.dropped, 0);
  assert.deepEqual((await linksIn(before)).sort(), [...PEOPLE, ...files].sort());
  const late = await keepDays({ ...ports, clock: { now: () => overAtMs } });
  assert.equal(late.dropped, dropped.length);

  const left = await leftovers();
  assert.deepEqual(await linksIn(left), []);
  assert.deepEqual(await linksIn(before), [], "what was kept of before says no more");
  for (const { salt } of dropped) {
    assert.equal(left.includes(salt), false);
    assert.deepEqual(await runningFiles(system.dataDir, salt), []);
  }
});

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
