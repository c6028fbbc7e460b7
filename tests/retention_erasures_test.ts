/** An owner erases hundreds of images within a minute: receipts come in time, no certificate is late, BigQuery is left in peace. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { forEachBounded } from "@tintype/core/concurrency";
import { saltAt } from "@tintype/core/model/day_salts";
import { makeImageId } from "@tintype/core/model/image_id";
import { rawName } from "@tintype/core/model/object_name";
import { deriveOwner, parsePseudonymKeys } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { certificateSchema } from "@tintype/core/retention/certificate";
import { RETENTION_POLICY, retentionPolicyOf } from "@tintype/core/retention/policy";
import { eventually } from "@tintype/core/testing/eventually";
import {
  BUCKETS,
  callEdge,
  namesWith,
  putObject,
  query,
  readDays,
  readObject,
  TENANT,
  tokenFor,
  URLS,
} from "./_cloud.ts";
import { noisePng } from "./_pictures.ts";
import { startSystem, type System } from "./_system.ts";

const RETENTION_MS = 6 * 3_600_000;
const POLICY = retentionPolicyOf(RETENTION_MS);
/** Half an hour of seven days. */
const RECEIPTS_MS = RETENTION_MS / RETENTION_POLICY.periodMs * 30 * 60_000;
/** `deno task soak --campaign erasures` makes it more. */
const IMAGES = Number(process.env["ERASED_IMAGES"] ?? 250);
const AT_ONCE = 50;
const WRITES_AT_ONCE = 16;
const SUBJECT = "erases.all@example.com";
const SETTLE_MS = 180_000;

let system: System;
let imageIds: readonly string[];
before(async () => {
  const args = ["--doors", "edge", "--retention", `${RETENTION_MS / 3_600_000}h`];
  system = await startSystem(args, { pictures: { "one.png": noisePng(40, 30) } });
  imageIds = await makeImages();
});
after(async () => await system?.stop());

/** Images of the subject that take no decoder's time: each is rejected, with a manifest and a row. */
async function makeImages(): Promise<string[]> {
  const secrets = JSON.parse(await readFile(join(system.dataDir, "identities.json"), "utf8"));
  const keys = await parsePseudonymKeys(JSON.stringify(secrets.pseudonymKeys));
  const tenant = parseTenant(TENANT);
  const nowMs = Date.now();
  const salt = saltAt(await readDays(), nowMs);
  const owner = await deriveOwner(keys, salt, { tenant, subject: SUBJECT });
  const ids = Array.from(
    { length: IMAGES },
    () => makeImageId(nowMs, crypto.getRandomValues(new Uint8Array(10))),
  );
  await forEachBounded(ids, WRITES_AT_ONCE, async (imageId) => {
    await putObject(BUCKETS.raw, rawName({ tenant, owner, imageId }), "no image");
  });
  const rows =
    `SELECT COUNT(*) FROM tintype.images WHERE owner = '${owner}' AND status = 'rejected'`;
  await eventually(
    "every row",
    async () => Number((await query(rows))[0]?.[0]) === IMAGES,
    SETTLE_MS,
    500,
  );
  return ids;
}

/** Mutating statements that BigQuery was asked for. */
async function readStatements() {
  const response = await fetch(`${URLS.bigquery}/_local/dml`);
  const { statements } = await response.json() as {
    statements: { table: string; sql: string; at: string; outcome: string }[]; // documented
  };
  return statements;
}

test("images that are erased within a minute have receipts in time, by one statement an interval", async (t) => {
  const token = await tokenFor(SUBJECT);
  const startMs = Date.now();
  for (let from = 0; from < IMAGES; from += AT_ONCE) {
    const json = { imageIds: imageIds.slice(from, from + AT_ONCE) };
    const response = await callEdge("/v1/erasures", { token, method: "POST", json });
    const text = await response.text();
    assert.ok(response.ok, text);
    const { results } = JSON.parse(text) as { results: { status: string }[] }; // the contract
    assert.deepEqual([...new Set(results.map(({ status }) => status))], ["accepted"]);
  }
  const askedMs = Date.now();
  assert.ok(askedMs - startMs < 60_000, `asked for ${askedMs - startMs} ms`);
  assert.equal((await namesWith(BUCKETS.erasures)).length, IMAGES);

  const receipts = async () =>
    (await namesWith(BUCKETS.processed)).filter((name) => name.startsWith("erased/")).length;
  await eventually("every receipt", async () => await receipts() === IMAGES, RECEIPTS_MS, 500);
  t.diagnostic(`asked in ${askedMs - startMs} ms, receipts after ${Date.now() - askedMs} ms`);

  const left = await query(
    `SELECT status, COUNT(*) FROM tintype.images WHERE tenant = '${TENANT}' GROUP BY status`,
  );
  assert.equal(left.length, 1, "tombstones alone");
  assert.equal(left[0]?.[0], "erased");
  const raw = (await namesWith(BUCKETS.raw)).filter((name) => name.includes(`/${TENANT}/`));
  assert.deepEqual(raw, []);

  const statements = (await readStatements()).filter(({ table }) => table === "tintype.images");
  assert.deepEqual(statements.filter(({ outcome }) => outcome !== "done"), []);
  const erasing = statements.filter(({ sql }) => sql.includes("erased"));
  const times = erasing.map(({ at }) => Date.parse(at));
  const most = Math.ceil((Date.now() - startMs) / POLICY.erasureIntervalMs) + 1;
  assert.ok(times.length >= 1 && times.length <= most, `${times.length} statements`);
  for (const [index, at] of times.entries()) {
    const sinceMs = at - (times[index - 1] ?? -Infinity);
    assert.ok(sinceMs > 0.8 * POLICY.erasureIntervalMs, `a statement after ${sinceMs} ms`);
  }
  t.diagnostic(`${erasing.length} statements of erasures, ${statements.length} of all`);

  const certificates = await Promise.all(
    (await namesWith(BUCKETS.certificates)).map(async (name) => {
      const { bytes } = await readObject(BUCKETS.certificates, name);
      return certificateSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    }),
  );
  const sweptMs = certificates.map(({ sweptAt }) => Date.parse(sweptAt)).toSorted((a, b) => a - b);
  assert.ok(sweptMs.length >= 2);
  for (const [index, ms] of [...sweptMs, Date.now()].entries()) {
    const sinceMs = ms - (sweptMs[index - 1] ?? ms);
    assert.ok(sinceMs < 2 * POLICY.sweepIntervalMs, `a certificate after ${sinceMs} ms`);
  }
});
