/** `deno task repair`: has the keeper repair at once, a shard at a time, and prints how far it is. */
import { defineCommand } from "@tintype/cli/command";
import { timeOrAge } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { forEachBounded } from "@tintype/core/concurrency";
import { SHARDS } from "@tintype/core/model/object_name";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import * as z from "zod";
import { callKeeper } from "../adapters/keeper_call.ts";
import { KEEPER_FLAGS, openKeeper } from "../keeper_flags.ts";
import { stopSignal } from "../stop_signal.ts";

/** As many requests as a keeper's instances may take. */
const SHARDS_AT_ONCE = 4;

const REPAIR = defineCommand({
  name: "repair",
  summary:
    "Has the keeper publish at once the events of images that no delivery brought to an end: those that are failed, those without a manifest, and erasure requests beside which an object lies. What may still wait in a queue is left. Use it after an incident; by itself repair comes to each shard once a day. It may be stopped and run again.",
  flags: {
    "since TIME": {
      about: "images whose T0 is not before it: 2026-11-30T08:00:00Z, or how long ago: 3h",
      parse: timeOrAge(RETENTION_POLICY.periodMs),
      required: true,
    },
    "dry-run": "count what is open and publish nothing",
    "json": "print the result as one JSON document",
    ...KEEPER_FLAGS,
  },
  exitCodes: {
    0: "everything that is open was published, or waits by itself",
    1: "something was held back, or it is not known what waits in the queues",
  },
});

/** What the keeper counts; of its other fields the command takes two. */
const COUNTS = [
  "shards",
  "lookedAt",
  "waiting",
  "republished",
  "survived",
  "failed",
  "heldBack",
] as const;
const repairedSchema = z.object({
  isAgeKnown: z.boolean(),
  oldestWaitingMs: z.number().nullable(),
  ...Object.fromEntries(COUNTS.map((name) => [name, z.number()])) as Record<Count, z.ZodNumber>, // of every name
});

type Count = (typeof COUNTS)[number];
type Repaired = z.infer<typeof repairedSchema>;

/** Both together; the newest says how long events have waited. */
function sumOf(a: Repaired, b: Repaired): Repaired {
  const summed = COUNTS.map((name) => [name, a[name] + b[name]]);
  return { ...b, ...Object.fromEntries(summed), isAgeKnown: a.isAgeKnown && b.isAgeKnown };
}

function sentenceOf(done: Repaired, isDryRun: boolean): string {
  const { shards, lookedAt, republished, survived, failed, waiting, heldBack } = done;
  const verb = isDryRun ? "would be published" : "published";
  return `${shards} of ${SHARDS.length} shards, ${lookedAt} images: ${republished} lost, ${failed} failed and ` +
    `${survived} erasures ${verb}; ${waiting} wait, ${heldBack} held back`;
}

await runMain(REPAIR, async ({ since, dryRun, json, ...flags }) => {
  const access = await openKeeper(flags);
  const signal = stopSignal();
  const run = async (body: object) =>
    repairedSchema.parse(
      await callKeeper(access, {
        ...{ job: "repair", signal } as const,
        body: { since: new Date(since).toISOString(), dryRun, ...body },
      }),
    );
  let done = await run({ shards: "" });
  if (done.isAgeKnown) {
    await forEachBounded(SHARDS, SHARDS_AT_ONCE, async (shard) => {
      const ofShard = await run({ shards: shard, failed: false });
      done = sumOf(done, ofShard);
      if (!json) console.error(sentenceOf(done, dryRun));
    });
  }
  console.log(json ? JSON.stringify({ ...done, isDryRun: dryRun }) : sentenceOf(done, dryRun));
  if (done.isAgeKnown && done.heldBack === 0) return EXIT.done;
  console.error(
    done.isAgeKnown
      ? "Events that repair published before may still wait: run it again when the queues have drained."
      : "Nothing was published: it is not known how long events have waited (queue_age_unknown in the keeper's log).",
  );
  return EXIT.failed;
});
