/** A replay of images that are there: it runs where the service runs, so a tenant's own sizes stay. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TintypeClient } from "@tintype/client/client";
import { type Manifest, parseManifest } from "@tintype/core/model/manifest";
import { URLS } from "@tintype/local/start/local_names";
import { BUCKETS, namesWith, putObject, query, readObject, tokenFor } from "./_cloud.ts";
import { noisePng } from "./_pictures.ts";
import { openSystem, type System } from "./_system.ts";
import { runTask } from "./_task.ts";

const TENANT = "replays";
const SELECTION = ["--version", "newer", "--tenant", TENANT];

let system: System;
let imageId: string;
before(async () => {
  system = await openSystem();
  const plan = { renditions: [{ name: "tiny", width: 8, height: 8 }] };
  await putObject(BUCKETS.config, `tenants/${TENANT}.json`, JSON.stringify(plan));
  const client = new TintypeClient({
    edge: URLS.edge,
    token: () => tokenFor("ann", { tenant: TENANT }),
  });
  ({ imageId } = await client.upload(new Blob([noisePng(40, 30)], { type: "image/png" })));
  await client.waitUntilReady(imageId, { timeoutMs: 30_000 });
});
after(async () => await system?.stop());

async function replay(...args: readonly string[]) {
  const { code, stdout, stderr } = await runTask("replay", "--json", ...args);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>; // as it documents
}

async function manifest(): Promise<Manifest> {
  const [name = ""] = await namesWith(BUCKETS.processed, `${imageId}/manifest.json`);
  return parseManifest((await readObject(BUCKETS.processed, name)).bytes);
}

test("replay says before what it does, and its images keep their tenant's sizes", async () => {
  const { images, replayed, usd } = await replay(...SELECTION, "--dry-run");
  assert.deepEqual([images, replayed], [1, 1]);
  assert.equal((await manifest()).attempt, 1);
  const before = new Date().toISOString();
  const done = await replay("--before", before, "--tenant", TENANT, "--wait", "30s");
  assert.deepEqual([done["replayed"], done["usd"]], [1, usd]);
  const { attempt, renditions } = await manifest();
  assert.deepEqual([attempt, renditions.map(({ name }) => name)], [1_001, ["tiny"]]);
  const attempts = await query(`SELECT attempt FROM tintype.images WHERE image_id = '${imageId}'`);
  assert.deepEqual(attempts.flat().map(Number).sort(), [1, 1_001]);
});
