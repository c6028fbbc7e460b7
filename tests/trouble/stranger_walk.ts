/**
 * Somebody who has never seen the system operates it by its commands: why an image was rejected at each source, what a
 * redrive and a replay would do, a key rotated, a rollback read, a source closed and opened, ten new questions.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { eventually } from "@tintype/core/testing/eventually";
import { clientFor, query, TENANT } from "../_cloud.ts";
import { noisePng } from "../_pictures.ts";
import { runTask } from "../_task.ts";

/** The header is whole, the pixels end early. */
const TRUNCATED = noisePng(64, 48).subarray(0, 2_000);
const WAIT_MS = 30_000;
const ENDPOINT = [TENANT, "trouble"] as const;

/** Questions that no document answers: each must be a number of rows, or an error that names what cannot be computed. */
const QUESTIONS: readonly string[] = [
  "SELECT source, COUNT(*) FROM tintype.images_current GROUP BY source",
  "SELECT tenant, MAX(bytes) FROM tintype.images_current GROUP BY tenant ORDER BY 2 DESC LIMIT 3",
  "SELECT EXTRACT(HOUR FROM t0) AS hour, COUNT(*) FROM tintype.images_current GROUP BY hour",
  "SELECT media_type, ROUND(AVG(width * height) / 1e6, 2) FROM tintype.images_current WHERE status = 'ready' GROUP BY media_type",
  "SELECT reason, COUNT(*) FROM tintype.images_current WHERE status = 'rejected' GROUP BY reason HAVING COUNT(*) > 0",
  "SELECT COUNTIF(attempt > 1) FROM tintype.images",
  "SELECT TIMESTAMP_DIFF(MAX(processed_at), MIN(t0), SECOND) FROM tintype.images_current",
  "SELECT SAFE_DIVIDE(COUNTIF(status = 'ready'), COUNT(*)) FROM tintype.images_current",
  "SELECT r.name, COUNT(*), SUM(r.bytes) FROM tintype.images_current, UNNEST(renditions) AS r GROUP BY r.name",
  "SELECT tenant, source, refused_by, SUM(images) FROM tintype.refusals GROUP BY tenant, source, refused_by",
];

/** Plays it in a system with both sources; what each step printed first is a diagnostic of the test. */
export async function strangerWalk(t: TestContext): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-stranger-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const step = async (why: string, expected: RegExp, ...[name, ...args]: [string, ...string[]]) => {
    const { code, stdout, stderr } = await runTask(name, ...args);
    assert.equal(code, 0, `${why}: ${stderr}${stdout}`);
    const [found] = expected.exec(stdout) ?? assert.fail(`${why}: ${stdout}`);
    t.diagnostic(`${why}: deno task ${name} ${args.join(" ")} → ${found.trim().split("\n")[0]}`);
    return stdout;
  };

  const client = clientFor("stranger");
  const { imageId } = await client.upload(new Blob([TRUNCATED], { type: "image/png" }));
  await client.waitUntilReady(imageId, { timeoutMs: WAIT_MS }).catch(() => undefined); // it is rejected
  await step("why it was rejected", /^manifest\.reason +truncated$/m, "image", imageId);
  await writeFile(join(folder, "broken.png"), TRUNCATED);
  const produced = await step(
    "a record",
    /"offset"/,
    "produce",
    join(folder, "broken.png"),
    "--json",
  );
  const { topic, partition, offset } = JSON.parse(produced);
  const place = `${topic}/${partition}/${offset}`;
  const rejected =
    "SELECT image_id FROM tintype.images_current WHERE source = 'kafka' AND reason = 'truncated'";
  await eventually("its row", async () => (await query(rejected)).length > 0, WAIT_MS);
  await step("why the record was", /^manifest\.reason +truncated$/m, "image", place);

  await step("what a redrive does", /^\d+ would be sent/m, "redrive", "--dry-run");
  const replay = ["replay", "--version", "of-tomorrow", "--since", "1d", "--budget", "5"] as const;
  const answer = await step(
    "yesterday again, under 5 USD",
    /"usd"/,
    ...replay,
    "--dry-run",
    "--json",
  );
  assert.ok(JSON.parse(answer).usd <= 5);

  await step("a key", /versions 2 and 1 sign/, "webhooks", "rotate", ...ENDPOINT);
  await step("its end", /version 2 alone signs/, "webhooks", "rotate", ...ENDPOINT, "--finish");
  await step("the pseudonym key", /next_keys/, "rotate", "pseudonym", "begin", "--dry-run");
  await step("back", /update-traffic/, "rollback", "--env", "production", "--dry-run");
  await step("a source", /edge is closed/, "source", "close", "edge", "--tenant", "nobody");
  await step("again", /edge is open/, "source", "open", "edge", "--tenant", "nobody");
  await step("draining", /kafka would be closed/, "drain", "--dry-run");
  await step("from outside", / passed, 0 failed/, "acceptance");

  for (const sql of QUESTIONS) assert.ok((await query(sql)).length > 0, sql);
}
