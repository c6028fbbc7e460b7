/** `deno task source`, and `drain`: closes sources for a time, opens them again, waits until no event waits. */
import { setTimeout as sleep } from "node:timers/promises";
import { defineCommand } from "@tintype/cli/command";
import { duration } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { setClosed } from "@tintype/core/configuration/change_tenant";
import { readTenantFiles } from "@tintype/core/configuration/push_tenants";
import { checkTenantFiles, DEFAULT_TENANT } from "@tintype/core/configuration/tenant_files";
import { isTenant } from "@tintype/core/model/tenant";
import { CLOSABLE_SOURCES } from "@tintype/core/model/tenant_plan";
import * as z from "zod";
import { callKeeper } from "../adapters/keeper_call.ts";
import { CLOUD_FLAGS, openCloud } from "../command_cloud.ts";
import { KEEPER_FLAGS, openKeeper } from "../keeper_flags.ts";
import { stopSignal } from "../stop_signal.ts";

const POLL_MS = 5_000;

const SOURCE = defineCommand({
  name: "source",
  summary: [
    "`close` has a source take nothing within a minute, `open` lets it take images again, `show` lists what is closed. `drain` (also `deno task drain`) closes both for everybody and waits until every event that came before is processed; Ctrl-C ends the waiting.",
    "A closed edge responds to new uploads with 503 and a time to come again; uploads that have begun may end, and everything else goes on. The bridge leaves a closed tenant's records in Kafka, which keeps them for up to three days, and is not ready meanwhile (blocker closed); other tenants' records behind them in the partition wait too.",
    "It is a field of the tenant's object, `closed`: a push of a folder without it opens the source.",
  ].join("\n"),
  words: { placeholder: "show|drain|close|open [edge|kafka]", min: 1, max: 2 },
  flags: {
    "tenant NAME": "one tenant's source (default: everybody's)",
    "dry-run": "only say what would change",
    "settle DURATION": {
      about: "of `drain`: how long a closing takes to be read everywhere",
      parse: duration(1_000, 600_000),
      default: "90s",
    },
    ...CLOUD_FLAGS,
    ...KEEPER_FLAGS,
  },
  exitCodes: { 0: "done; after `drain` no event waits" },
});

type SourceCall = ReturnType<typeof SOURCE.parse>;

const waitingSchema = z.object({
  isAgeKnown: z.boolean(),
  oldestWaitingMs: z.number().nullable(),
  failed: z.number(),
});

/** Prints a line for each object that closes something. */
async function show(call: SourceCall): Promise<void> {
  const { config } = await openCloud(call);
  const { documents } = checkTenantFiles(await readTenantFiles(config));
  const closed = [...documents].filter(([, document]) => (document.closed ?? []).length > 0);
  for (const [name, document] of closed) {
    console.log(`${nameOf(name)}: ${document.closed?.join(", ")} closed`);
  }
  if (closed.length === 0) console.log("no source is closed");
}

function nameOf(name: string): string {
  return name === DEFAULT_TENANT ? "everybody" : name;
}

/** Closes or opens a source, and says what that changes. */
async function change(word: string, isClosed: boolean, call: SourceCall): Promise<void> {
  const { tenant, dryRun } = call;
  const source = CLOSABLE_SOURCES.find((each) => each === word);
  if (source === undefined) {
    throw new UsageError(`Cannot run source: ${word} is none of ${CLOSABLE_SOURCES.join(", ")}`);
  }
  const { config } = await openCloud(call);
  const name = tenant ?? DEFAULT_TENANT;
  const isChanged = await setClosed(config, { name, source, isClosed, isDryRun: dryRun });
  const state = isClosed ? "closed" : "open";
  const when = !isChanged
    ? `is ${state} already`
    : dryRun
    ? `would be ${state}`
    : `is ${state} within a minute`;
  console.log(`${nameOf(name)}: ${source} ${when}`);
  if (!isClosed || dryRun) return;
  const of = tenant === undefined ? "" : ` --tenant ${tenant}`;
  console.log(`Open it again: npx deno task source open ${source}${of}`);
}

async function drain(call: SourceCall): Promise<number> {
  const { dryRun, settle } = call;
  const access = await openKeeper(call);
  for (const source of CLOSABLE_SOURCES) await change(source, true, call);
  const signal = stopSignal();
  for (const closedMs = Date.now() + settle;;) {
    const body = { since: new Date(0).toISOString(), shards: "", dryRun: true };
    const answer = await callKeeper(access, { job: "repair", body, signal });
    const { isAgeKnown, oldestWaitingMs, failed } = waitingSchema.parse(answer);
    const nowMs = Date.now();
    const seconds = Math.round((oldestWaitingMs ?? 0) / 1_000);
    const age = isAgeKnown
      ? `the oldest event has waited for at most ${seconds} s`
      : "it is not known how long events have waited";
    console.error(`${age}; ${failed} images are failed`);
    const isDrained = isAgeKnown && nowMs - (oldestWaitingMs ?? 0) > closedMs;
    if (isDrained) console.log("Drained: no event from before the closing waits.");
    if (dryRun || isDrained) return EXIT.done;
    await sleep(POLL_MS, undefined, { signal });
  }
}

await runMain(SOURCE, async (call) => {
  const { words: [act = "", word], tenant } = call;
  if (tenant !== undefined && !isTenant(tenant)) {
    throw new UsageError(`Cannot run source: --tenant must be a tenant's name (got "${tenant}")`);
  }
  if (act === "show" && word === undefined) return await show(call);
  if (act === "drain" && word === undefined) return await drain({ ...call, tenant: undefined });
  if ((act === "close" || act === "open") && word !== undefined) {
    return await change(word, act === "close", call);
  }
  throw new UsageError("Cannot run source: it takes show, drain, close SOURCE or open SOURCE");
});
