/** `deno task replay`: has the keeper choose images and publish their events again, and prints what that costs. */
import { defineCommand } from "@tintype/cli/command";
import {
  duration,
  nonEmpty,
  oneOf,
  positiveNumber,
  timeOrAge,
  utcDay,
  wholeNumber,
} from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { SOURCES } from "@tintype/core/model/manifest";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { callKeeper } from "../adapters/keeper_call.ts";
import { KEEPER_FLAGS, openKeeper } from "../keeper_flags.ts";
import type { ReplayRequest } from "../keeper_requests.ts";
import { stopSignal } from "../stop_signal.ts";

const sinceTime = timeOrAge(RETENTION_POLICY.periodMs);
const REPLAY = defineCommand({
  name: "replay",
  summary:
    "Has images processed again that are there: after a fix, with a new pipeline or rendition table. The keeper chooses them by their newest row, the oldest first, and publishes their events again; the running processor makes renditions, manifest and row anew, with its own pipeline and the tenants' own tables. Readers see the old ones until the new ones are whole. What is current already is left, so it may be stopped and run again, slice after slice. Images behind the write cutoff are left.",
  flags: {
    "version NAME": {
      about:
        "the processor's version that is current (processor_version in rows): what another one made is processed again",
      parse: nonEmpty,
    },
    "before TIME": {
      about: "or a time: what was processed before it is processed again",
      parse: sinceTime,
    },
    "day YYYY-MM-DD": { about: "images whose T0 is in this UTC day", parse: utcDay },
    "since TIME": {
      about: "images whose T0 is not before it: 2026-11-30T08:00:00Z, or how long ago: 3h",
      parse: sinceTime,
    },
    "tenant NAME": "images of this tenant",
    "source NAME": { about: "images of this source", parse: oneOf(SOURCES) },
    "status NAME": {
      about: "images that ended so",
      parse: oneOf(["ready", "rejected", "failed"]),
    },
    "reason CODE": "images that were rejected or failed for this reason",
    "media-type TYPE": "images whose bytes show this type, such as image/heic",
    "max N": {
      about: "at most so many images",
      parse: wholeNumber(1, 100_000),
      default: "1000",
    },
    "budget USD": {
      about: "at most as many as that pays for, by infra/cost/prices.json",
      parse: positiveNumber,
    },
    "may-reject": "let images that are ready end as rejected; otherwise those stay as they are",
    "dry-run": "print how many that are and what they cost, and publish nothing",
    "wait TIME": {
      about: "until no image of the selection is left, or at most so long: 30m",
      parse: duration(1_000, RETENTION_POLICY.periodMs),
    },
    "json": "print the result as one JSON document",
    ...KEEPER_FLAGS,
  },
  exitCodes: { 1: "with --wait: some are not current yet" },
});

const POLL_MS = 5_000;
const replayedSchema = z.object({
  images: z.number(),
  replayed: z.number(),
  usd: z.number(),
  isDryRun: z.boolean(),
});
type Replayed = z.infer<typeof replayedSchema>;

function bodyOf(call: ReturnType<typeof REPLAY.parse>): ReplayRequest {
  const { version, day, tenant, source, status, reason, mediaType, max, mayReject } = call;
  return {
    ...{ version, day, tenant, source, status, mediaType, max, mayReject },
    reason: reason as ReplayRequest["reason"], // the keeper refuses what is none
    before: isoOf(call.before),
    since: isoOf(call.since),
    budgetUsd: call.budget,
  };
}

function isoOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

function sentenceOf({ images, replayed, usd, isDryRun }: Replayed): string {
  const verb = isDryRun ? "would be processed again" : "are processed again";
  return `${images} images are not current; ${replayed} of them ${verb}, for about ${
    usd.toFixed(2)
  } USD`;
}

await runMain(REPLAY, async (call) => {
  const { dryRun, wait, json } = call;
  if ((call.version === undefined) === (call.before === undefined)) {
    throw new UsageError("Cannot run replay: it needs either --version or --before");
  }
  const access = await openKeeper(call);
  const signal = stopSignal();
  const run = async (isDryRun: boolean) => {
    const body = { ...bodyOf(call), dryRun: isDryRun };
    return replayedSchema.parse(await callKeeper(access, { job: "replay", body, signal }));
  };
  const before = await run(true);
  if (!dryRun && !json) console.error(sentenceOf(before));
  const done = dryRun ? before : await run(false);
  console.log(json ? JSON.stringify(done) : sentenceOf(done));
  if (dryRun || wait === undefined) return EXIT.done;
  const untilMs = Date.now() + wait;
  for (;;) {
    const left = Math.max(0, (await run(true)).images - (done.images - done.replayed));
    console.error(`${done.replayed - left} of ${done.replayed} images have their new row`);
    if (left === 0) return EXIT.done;
    if (Date.now() >= untilMs) return EXIT.failed;
    await sleep(POLL_MS, undefined, { signal });
  }
});
