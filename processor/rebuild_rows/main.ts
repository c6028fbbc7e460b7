/** `deno task rebuild-rows`: has the keeper publish the events of manifests without a row again, a day at a time. */
import { defineCommand } from "@tintype/cli/command";
import { utcDay } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { keptDays } from "@tintype/core/retention/shards";
import * as z from "zod";
import { callKeeper } from "../adapters/keeper_call.ts";
import { KEEPER_FLAGS, openKeeper } from "../keeper_flags.ts";
import { stopSignal } from "../stop_signal.ts";

const REBUILD_ROWS = defineCommand({
  name: "rebuild-rows",
  summary:
    "Has the keeper publish the event of every kept image again whose manifest has no row: after a table was lost, or restored as it was before. The processor then publishes the record of each once more. It may run as often as one likes, also while images arrive. Images behind the write cutoff get none.",
  flags: {
    "day YYYY-MM-DD": {
      about: "one UTC day of T0 (default: every day that is kept)",
      parse: utcDay,
    },
    "dry-run": "count what is missing and publish nothing",
    "json": "print the result as one JSON document",
    ...KEEPER_FLAGS,
  },
  exitCodes: { 0: "every row is there, or on its way", 1: "some manifests could not be read" },
});

const count = z.number();
const rebuiltSchema = z.object({
  lookedAt: count,
  missing: count,
  published: count,
  tooLate: count,
  failed: count,
});
type Rebuilt = z.infer<typeof rebuiltSchema>;

function sumOf(a: Rebuilt, b: Rebuilt): Rebuilt {
  const names = Object.keys(a) as (keyof Rebuilt)[]; // the schema's
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as Rebuilt;
}

function sentenceOf({ lookedAt, missing, published, tooLate, failed }: Rebuilt): string {
  return `${lookedAt} manifests, ${missing} without a row: ${published} published, ${tooLate} too late, ${failed} unreadable`;
}

await runMain(REBUILD_ROWS, async ({ day, json, dryRun, ...flags }) => {
  const access = await openKeeper(flags);
  const signal = stopSignal();
  const days = day === undefined ? keptDays(Date.now(), RETENTION_POLICY.periodMs) : [day];
  let done: Rebuilt = { lookedAt: 0, missing: 0, published: 0, tooLate: 0, failed: 0 };
  for (const one of days) {
    const body = { days: [one], dryRun };
    const rebuilt = await callKeeper(access, { job: "rebuild-rows", body, signal });
    done = sumOf(done, rebuiltSchema.parse(rebuilt));
    if (!json) console.error(`until ${one}: ${sentenceOf(done)}`);
  }
  console.log(json ? JSON.stringify(done) : sentenceOf(done));
  return done.failed === 0 ? EXIT.done : EXIT.failed;
});
