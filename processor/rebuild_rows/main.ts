/**
 * `deno task rebuild-rows`: rows of the warehouse from the manifests. The walk begins here and goes on in
 * `core/processing/rebuild_rows`.
 */
import { rebuildRows, type Rebuilt } from "@tintype/core/processing/rebuild_rows";
import { exitCodeOf, isDay, parseFlags, stopSignal, UsageError } from "../command.ts";
import { CLOUD_FLAGS, CLOUD_HELP, openCloud } from "../command_cloud.ts";

const HELP = `Usage: deno task rebuild-rows [options]

Appends the row of every kept image whose newest attempt has none: after a table was lost, or restored as it was before.
Rows are made of the manifests, so it may run as often as one likes, also while images arrive. Images in their closing
time get none. Exit code 0: every row is there; 1: some could not be read or appended; 2: wrong usage.

  --day YYYY-MM-DD     one UTC day of T0 (default: every day that is kept)
  --dry-run            count what is missing and append nothing
  --json               print the result as one JSON document
  --help               show this

${CLOUD_HELP}`;
const FLAGS = {
  ...CLOUD_FLAGS,
  day: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

async function main(): Promise<number> {
  const { values } = parseFlags({ args: Deno.args, options: FLAGS });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { day, json, "dry-run": isDryRun } = values;
  if (day !== undefined && !isDay(day)) {
    throw new UsageError(`Cannot rebuild rows of ${day} as --day takes YYYY-MM-DD`);
  }
  const { imageRows: attempts, raw, processed, rows, policy } = await openCloud(values, {
    // The warehouse remembers for a minute what it was given, also what it has lost since.
    insertIdPrefix: `rebuilt ${Date.now()}/`,
  });
  const done = await rebuildRows({ raw, processed, rows, policy, attempts, clock: Date }, {
    days: day === undefined ? undefined : [day],
    isDryRun,
    signal: stopSignal(),
    onProgress: (soFar) => console.error(sentenceOf(soFar, isDryRun)),
  });
  console.log(json ? JSON.stringify(done) : sentenceOf(done, isDryRun));
  return done.failed === 0 ? 0 : 1;
}

function sentenceOf(done: Rebuilt, isDryRun: boolean): string {
  const { lookedAt, missing, appended, tooLate, erased, failed } = done;
  const found = `${lookedAt} manifests, ${missing} without a row`;
  if (isDryRun) return failed > 0 ? `${found}, ${failed} unreadable` : found;
  return `${found}: ${appended} appended, ${tooLate} too late, ${erased} erased, ${failed} failed`;
}

Deno.exit(await exitCodeOf(main));
