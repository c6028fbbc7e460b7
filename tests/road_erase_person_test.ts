/** A person's images go by one command, each with its receipt, and nobody else's. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BUCKETS, callEdge, clientFor, namesWith, TENANT, tokenFor } from "./_cloud.ts";
import { noisePng } from "./_pictures.ts";
import { openSystem, type System } from "./_system.ts";
import { KEEPER_ADDRESSES, runTask } from "./_task.ts";

const SUBJECT = "leaves.us@example.com";
const OTHER = "stays.here@example.com";
const KEEPER = [...KEEPER_ADDRESSES, "--tenant", TENANT];

let system: System;
let ids: string[];
let others: string;
before(async () => {
  system = await openSystem();
  const upload = async (subject: string) => {
    const client = clientFor(subject);
    const { imageId } = await client.upload(new Blob([noisePng(40, 30)], { type: "image/png" }));
    await client.waitUntilReady(imageId, { timeoutMs: 30_000 });
    return imageId;
  };
  [others = "", ...ids] = await Promise.all([OTHER, SUBJECT, SUBJECT].map(upload));
});
after(async () => await system?.stop());

async function erase(...args: readonly string[]) {
  const { code, stdout, stderr } = await runTask("erase", ...KEEPER, "--json", ...args);
  assert.equal(code, 0, stderr);
  assert.ok(!stdout.includes("@example.com"));
  return JSON.parse(stdout) as {
    requested: number;
    images: { imageId: string; erasedAtMs?: string }[];
  }; // as it documents
}

test("a dry run names a person's images and requests nothing", async () => {
  const { requested, images } = await erase("--subject", SUBJECT, "--dry-run");
  assert.deepEqual([requested, images.map(({ imageId }) => imageId).sort()], [0, ids.toSorted()]);
  for (const id of ids) assert.deepEqual(await namesWith(BUCKETS.erasures, id), []);
});

test("erase gives each image of a person its receipt, says so again, and leaves everybody else's", async () => {
  const { requested, images } = await erase("--subject", SUBJECT);
  assert.equal(requested, ids.length);
  assert.ok(images.every(({ erasedAtMs }) => erasedAtMs !== undefined));
  for (const id of ids) assert.deepEqual(await namesWith(BUCKETS.raw, id), []);
  assert.deepEqual((await erase("--subject", SUBJECT)).requested, 0);
  const token = await tokenFor(OTHER);
  assert.equal((await callEdge(`/v1/images/${others}`, { token })).status, 200);
  assert.ok(!system.lines.some((line) => line.startsWith("keeper") && line.includes(SUBJECT)));
});
