/** What an operator does when things were given up (docs/operations.md): a dead event, a dead letter, `deno task redrive`. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Image } from "@tintype/client/client";
import { eventually } from "@tintype/core/testing/eventually";
import { BUCKETS, callEdge, clientFor, namesWith, query, readObject, tokenFor } from "../_cloud.ts";
import { noisePng } from "../_pictures.ts";
import { giveEventUp, readPush } from "../_push.ts";
import { runTask } from "../_task.ts";
import { buryRecord, countRecords } from "./dead_letters.ts";

const WAIT_MS = 60_000;
const SUBJECT = "redrive";
const client = clientFor(SUBJECT);

/** Gives an event and a record up in a system with both sources, and brings them back by the operator's command. */
export async function redriveWalk(t: TestContext): Promise<void> {
  const event = await giveEventUp(client);
  const record = await buryRecord({ subject: SUBJECT, value: noisePng(64, 48) });
  const before = await stateOf(event);
  assert.deepEqual([before.status, before.dead, before.rows], ["failed", 1, ["failed"]]);

  await t.test("redrive --dry-run names what is there and changes nothing", async () => {
    const { code, stdout, stderr } = await runTask("redrive", "--dry-run");
    assert.deepEqual([code, stderr], [0, ""], stdout);
    assert.match(stdout, / 0 lost, 1 failed and 0 erasures would be published/);
    assert.match(stdout, /^\d\/\d+ unsupported_type images\/0\/\d+ -> images\.redrive$/m);
    assert.match(stdout, /^1 would be sent, 0 cannot be sent$/m);
    const unasked = await runTask("redrive");
    assert.equal(unasked.code, 1);
    assert.match(unasked.stderr, /\nNothing was done: the answer was not yes .*\n$/);
    assert.deepEqual(await stateOf(event), before);
  });

  await t.test("redrive --yes brings both to their end, each with one row", async () => {
    const { code, stdout, stderr } = await runTask("redrive", "--yes");
    assert.deepEqual([code, stderr], [0, ""], stdout);
    assert.match(stdout, / 0 lost, 1 failed and 0 erasures published/);
    assert.match(stdout, /^1 sent, 0 cannot be sent$/m);
    assert.equal((await client.waitUntilReady(event, { timeoutMs: WAIT_MS })).status, "ready");
    await untilReadyInStream(record);
    const { rows, redriven } = await stateOf(event);
    assert.deepEqual([rows, redriven], [["ready"], before.redriven + 1]);
    assert.deepEqual(await rowsOf(record), ["ready"]);
    assert.deepEqual(await rowsOf(event, "images"), ["failed", "ready"], "a row an attempt");
    assert.match((await runTask("redrive", "--yes")).stdout, / 0 lost, 0 failed and 0 erasures/);
  });
}

/** What a redrive might change: the image as its owner and as analysts see it, what was given up, what was sent again. */
async function stateOf(imageId: string) {
  const { status } = await client.images.get(imageId);
  const [manifest = ""] = (await namesWith(BUCKETS.processed, imageId))
    .filter((name) => name.endsWith("/manifest.json"));
  const { generation } = await readObject(BUCKETS.processed, manifest);
  const { queued, dead } = await readPush();
  const redriven = await countRecords("images.redrive");
  return { status, generation, queued, dead, rows: await rowsOf(imageId), redriven };
}

/** Statuses of an image's rows, the oldest first: as analysts see them, or all. */
async function rowsOf(
  imageId: string,
  table: "images" | "images_current" = "images_current",
): Promise<(string | null | undefined)[]> {
  const rows = await query(
    `SELECT status FROM tintype.${table} WHERE image_id = '${imageId}' ORDER BY processed_at`,
  );
  return rows.map(([status]) => status);
}

async function untilReadyInStream(imageId: string): Promise<void> {
  const token = await tokenFor(SUBJECT, { tenant: "stream" });
  await eventually("the record's image to be ready", async () => {
    const response = await callEdge(`/v1/images/${imageId}?wait=5`, { token });
    return response.ok && (await response.json() as Image).status === "ready"; // the contract
  }, WAIT_MS);
}
