/** Gives a version of the worker its traffic in steps, and all of it back to the one before where a step fails. */
import { execFileSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { defineCommand } from "@tintype/cli/command";
import { httpOrigin, nonEmpty, wholeNumber } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { printedList } from "./printed_list.ts";
import { probeEdge } from "./probe_edge.ts";

/** What is read of a version (https://developers.cloudflare.com/api/resources/workers). */
interface WorkerVersion {
  readonly id: string;
  readonly metadata: { readonly created_on: string };
  readonly annotations?: { readonly "workers/tag"?: string };
}

/** What is read of a deployment: versions with their shares in percent. */
interface WorkerDeployment {
  readonly versions: readonly { readonly version_id: string; readonly percentage: number }[];
}

/** Shares of a new version before it gets everything, in percent. */
const SHARES = [1, 25];
/** Between attempts at a step. */
const MAX_REST_MS = 5_000;

const ROLL_WORKER = defineCommand({
  name: "roll_worker",
  program: "node infra/deploy/roll_worker.ts",
  summary:
    "Uploads a version of the worker and gives it traffic in steps, or brings an earlier one back. With --edge it reads an access token from standard input, uploads a picture through the version at each step, and goes back where that fails.",
  flags: {
    "wrangler-env FLAG": {
      about: "--env=NAME, as wrangler takes it",
      parse: nonEmpty,
      required: true,
    },
    "worker NAME": { about: "the worker's name", parse: nonEmpty, required: true },
    "tag REVISION": { about: "uploads a version with this tag", parse: nonEmpty },
    "back-to REVISION": { about: "the newest version with this tag instead", parse: nonEmpty },
    "find": "with --back-to: only look whether it is there",
    "edge URL": { about: "try each step here; without it there is one step", parse: httpOrigin },
    "seconds N": { about: "rest after each step", parse: wholeNumber(0, 3600), default: "30" },
  },
  exitCodes: { 0: "it has all traffic", 1: "it failed, and has none; or no version has the tag" },
});

type RollCall = ReturnType<typeof ROLL_WORKER.parse>;

await runMain(ROLL_WORKER, async (call) => {
  if ((call.tag === undefined) === (call.backTo === undefined)) {
    throw new UsageError("Cannot run roll_worker: takes --tag or --back-to");
  }
  const tag = call.tag ?? call.backTo ?? "";
  const before = listVersions(call);
  if (call.tag !== undefined) {
    // A worker without a version of ours has migrations to apply, which only a whole deployment does.
    const isFirst = before.every(({ annotations }) => annotations?.["workers/tag"] === undefined);
    wrangler(call, isFirst ? "deploy" : "versions upload", "--tag", tag);
    if (isFirst) return EXIT.done;
  }
  const next = newestWith(tag, listVersions(call));
  if (call.find) return EXIT.done;
  const code = await roll(call, next);
  // Routes and schedules are no version's.
  if (code === EXIT.done && call.tag !== undefined) wrangler(call, "triggers deploy");
  return code;
});

async function roll(call: RollCall, next: WorkerVersion): Promise<number> {
  const { versions }: WorkerDeployment = JSON.parse(wrangler(call, "deployments status", "--json"));
  const [largest] = versions.toSorted((a, b) => b.percentage - a.percentage);
  const stable = largest?.version_id ?? next.id;
  if (stable === next.id && largest?.percentage === 100) return EXIT.done;
  const token = call.edge === undefined ? "" : (await text(process.stdin)).trim();
  const restMs = Math.min(MAX_REST_MS, call.seconds * 1_000);
  const give = (...shares: string[]) => wrangler(call, "versions deploy", ...shares, "--yes");
  for (const share of call.edge === undefined || stable === next.id ? [] : SHARES) {
    give(`${next.id}@${share}%`, `${stable}@${100 - share}%`);
    await sleep(call.seconds * 1_000);
    const fault = await probeEdge(
      call.edge ?? "",
      { token, worker: call.worker, version: next.id },
      restMs,
    );
    if (fault === undefined) continue;
    give(`${stable}@100%`);
    console.error(`${next.id} goes back at ${share} %: ${fault}`);
    return EXIT.failed;
  }
  give(`${next.id}@100%`);
  return EXIT.done;
}

function listVersions(call: RollCall): readonly WorkerVersion[] {
  return printedList<WorkerVersion>(wrangler(call, "versions list", "--json"), "wrangler");
}

function newestWith(tag: string, versions: readonly WorkerVersion[]): WorkerVersion {
  const [newest] = versions
    .filter(({ annotations }) => annotations?.["workers/tag"] === tag)
    .toSorted((a, b) => b.metadata.created_on.localeCompare(a.metadata.created_on));
  if (newest !== undefined) return newest;
  throw new Error(
    `Cannot find the worker's version for ${tag}: none of the ${versions.length} newest has that tag`,
  );
}

function wrangler(call: RollCall, command: string, ...args: readonly string[]): string {
  const flags = call.wranglerEnv.replaceAll('"', "").split(" ");
  const words = ["wrangler", ...command.split(" "), ...args, ...flags];
  return execFileSync("npx", words, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
