/** `deno task erase`: has the keeper erase every image of a person, waits for the receipts, and prints a report. */
import { defineCommand } from "@tintype/cli/command";
import { duration } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { callKeeper } from "../adapters/keeper_call.ts";
import { KEEPER_FLAGS, openKeeper } from "../keeper_flags.ts";
import { stopSignal } from "../stop_signal.ts";

const ERASE = defineCommand({
  name: "erase",
  summary:
    "Erases all images of a person, of both sources and of every day that is still kept: writes the requests, waits for the receipts, and prints a report for the file. It may be stopped and run again. The subject is in no log and no report.",
  flags: {
    "tenant NAME": { about: "whose person it is", required: true },
    "subject TEXT": { about: "the subject of the person's tokens and records", required: true },
    "dry-run": "report what is there and how far erasures are, and request nothing",
    "wait TIME": {
      about: "for receipts, such as 30m (default: as long as an erasure may take)",
      parse: duration(1_000, RETENTION_POLICY.periodMs),
    },
    "json": "print the report as one JSON document",
    ...KEEPER_FLAGS,
  },
  exitCodes: {
    0: "every image has its receipt, or there is none; or a dry run",
    1: "a receipt is missing: run it again",
  },
});

const POLL_MS = 2_000;
const time = z.number().transform((ms) => new Date(ms).toISOString());
const erasedSchema = z.object({
  days: z.number(),
  requested: z.number(),
  images: z.array(z.object({
    imageId: z.string(),
    owner: z.string(),
    t0Ms: time,
    source: z.string().optional(),
    requestedAtMs: time.optional(),
    erasedAtMs: time.optional(),
    kafkaUntilMs: time.optional(),
  })),
});
type Erased = z.infer<typeof erasedSchema>;

/** Receipts name no source, so what was known of an image before it went is kept. */
function updated(before: Erased, now: Erased): Erased {
  const known = new Map(before.images.map((image) => [image.imageId, image]));
  const { requested } = before;
  return {
    ...now,
    requested,
    images: now.images.map((image) => ({ ...known.get(image.imageId), ...image })),
  };
}

function reportOf({ days, images }: Erased, tenant: string): string {
  const inKafka = images.filter(({ kafkaUntilMs }) => kafkaUntilMs !== undefined);
  const newest = inKafka.map(({ kafkaUntilMs }) => kafkaUntilMs).sort().at(-1);
  return [
    `Erasure of one person's images, tenant ${tenant}, ${new Date().toISOString()}`,
    `${images.length} images of ${days} days`,
    ...images.map((
      { imageId, t0Ms, source = "-", requestedAtMs = "not", erasedAtMs = "not yet" },
    ) =>
      `  ${imageId}  began ${t0Ms}  source ${source}  requested ${requestedAtMs}  receipt ${erasedAtMs}`
    ),
    newest === undefined
      ? "Records that the bridge has not read are found by another run once it has."
      : `Erasures do not reach into Kafka: records of ${inKafka.length} images end there by ${newest}.`,
  ].join("\n");
}

await runMain(ERASE, async ({ tenant, subject, dryRun, wait, json, ...flags }) => {
  const access = await openKeeper(flags);
  const signal = stopSignal();
  const run = async (isDryRun: boolean) => {
    const body = { tenant, subject, dryRun: isDryRun };
    return erasedSchema.parse(await callKeeper(access, { job: "erase", body, signal }));
  };
  const missing = ({ images }: Erased) => images.filter(({ erasedAtMs }) => !erasedAtMs).length;
  let seen = await run(dryRun);
  const untilMs = Date.now() + (wait ?? RETENTION_POLICY.erasureMs);
  while (!dryRun && missing(seen) > 0 && Date.now() < untilMs) {
    const total = seen.images.length;
    if (!json) console.error(`${total - missing(seen)} of ${total} images have their receipt`);
    await sleep(POLL_MS, undefined, { signal });
    seen = updated(seen, await run(true));
  }
  console.log(json ? JSON.stringify(seen, null, 2) : reportOf(seen, tenant));
  return dryRun || missing(seen) === 0 ? EXIT.done : EXIT.failed;
});
