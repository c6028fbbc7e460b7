/** `deno task drain`: closes both sources and waits until no event that came before waits any more. */
import { setTimeout as sleep } from "node:timers/promises";
import { defineCommand } from "@tintype/cli/command";
import { duration } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { DEFAULT_TENANT } from "@tintype/core/configuration/tenant_files";
import { CLOSABLE_SOURCES } from "@tintype/core/model/tenant_plan";
import * as z from "zod";
import { callKeeper } from "../adapters/keeper_call.ts";
import { CLOUD_FLAGS, openCloud } from "../command_cloud.ts";
import { KEEPER_FLAGS, openKeeper } from "../keeper_flags.ts";
import { stopSignal } from "../stop_signal.ts";
import { setClosed } from "./close_source.ts";

const POLL_MS = 5_000;

const DRAIN = defineCommand({
  name: "drain",
  summary:
    "Closes both sources for everybody, as `deno task source close`, and waits until every event that came before is processed. Images whose sessions had begun may still come; records stay in Kafka. Ctrl-C ends the waiting; the sources stay closed until `deno task source open edge` and `open kafka`.",
  flags: {
    "dry-run": "close nothing; only say how long events have waited",
    "settle DURATION": {
      about: "how long a closing takes to be read everywhere",
      parse: duration(1_000, 600_000),
      default: "90s",
    },
    "wait DURATION": {
      about: "how long to wait for the events",
      parse: duration(1_000, 86_400_000),
      default: "30m",
    },
    ...CLOUD_FLAGS,
    ...KEEPER_FLAGS,
  },
  exitCodes: { 0: "nothing waits", 1: "events still wait, or it is not known how long" },
});

const waitingSchema = z.object({
  isAgeKnown: z.boolean(),
  oldestWaitingMs: z.number().nullable(),
  failed: z.number(),
});

await runMain(DRAIN, async ({ dryRun, settle, wait, ...flags }) => {
  const access = await openKeeper(flags);
  const { config } = await openCloud(flags);
  const signal = stopSignal();
  for (const source of CLOSABLE_SOURCES) {
    const change = { name: DEFAULT_TENANT, source, isClosed: true, isDryRun: dryRun };
    const isChanged = await setClosed(config, change);
    console.log(
      `${source}: ${isChanged ? dryRun ? "would be closed" : "closed" : "is closed already"}`,
    );
  }
  const closedMs = Date.now() + settle;
  const look = async () => {
    const body = { since: new Date(Date.now() - wait).toISOString(), shards: "", dryRun: true };
    return waitingSchema.parse(await callKeeper(access, { job: "repair", body, signal }));
  };
  for (;;) {
    const { isAgeKnown, oldestWaitingMs, failed } = await look();
    const nowMs = Date.now();
    const seconds = Math.round((oldestWaitingMs ?? 0) / 1_000);
    const age = isAgeKnown
      ? `the oldest event has waited for at most ${seconds} s`
      : "it is not known how long events have waited";
    console.error(`${age}; ${failed} images are failed`);
    const isDrained = isAgeKnown && nowMs - (oldestWaitingMs ?? 0) > closedMs;
    if (isDrained) console.log("Drained: no event from before the closing waits.");
    if (dryRun || isDrained) return EXIT.done;
    if (nowMs > closedMs + wait) return EXIT.failed;
    await sleep(POLL_MS, undefined, { signal });
  }
});
