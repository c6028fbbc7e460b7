/**
 * `deno task rebuild-rows`: rows of BigQuery from the manifests. The flow begins here and goes on in
 * `core/processing/rebuild_rows`.
 */
import { defineCommand } from "@tintype/cli/command";
import { utcDay } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { rebuildRows, type Rebuilt } from "@tintype/core/processing/rebuild_rows";
import { webHashing } from "../adapters/web_hashing.ts";
import { CLOUD_FLAGS, openCloud } from "../command_cloud.ts";
import { stopSignal } from "../stop_signal.ts";

const REBUILD_ROWS = defineCommand({
  name: "rebuild-rows",
  summary:
    "Publishes the record of every kept image whose newest attempt has none: after a table was lost, or restored as it was before. Rows are made of the manifests, so it may run as often as one likes, also while images arrive. Images behind the write cutoff get none.",
  flags: {
    "day YYYY-MM-DD": {
      about: "one UTC day of T0 (default: every day that is kept)",
      parse: utcDay,
    },
    "dry-run": "count what is missing and append nothing",
    "json": "print the result as one JSON document",
    ...CLOUD_FLAGS,
  },
  exitCodes: { 0: "every row is there", 1: "some could not be read or published" },
});

function sentenceOf(done: Rebuilt, isDryRun: boolean): string {
  const { lookedAt, missing, published, tooLate, erased, failed } = done;
  const found = `${lookedAt} manifests, ${missing} without a row`;
  if (isDryRun) return failed > 0 ? `${found}, ${failed} unreadable` : found;
  return `${found}: ${published} published, ${tooLate} too late, ${erased} erased, ${failed} failed`;
}

await runMain(REBUILD_ROWS, async ({ day, json, dryRun, ...flags }) => {
  const { imageRows: attempts, ...cloud } = await openCloud(flags);
  const done = await rebuildRows({ ...cloud, attempts, hashing: webHashing, clock: Date }, {
    days: day === undefined ? undefined : [day],
    isDryRun: dryRun,
    signal: stopSignal(),
    onProgress: (soFar) => console.error(sentenceOf(soFar, dryRun)),
  });
  console.log(json ? JSON.stringify(done) : sentenceOf(done, dryRun));
  return done.failed === 0 ? EXIT.done : EXIT.failed;
});
