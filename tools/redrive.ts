/** `deno task redrive`: has keeper and bridge send again what was given up; looks first, says what it will do, asks. */
import { defineCommand } from "@tintype/cli/command";
import { httpOrigin, oneOf } from "@tintype/cli/flag_values";
import { endOnInterrupt } from "@tintype/cli/interrupts";
import { URLS } from "@tintype/cli/local_ports";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { runCommand } from "./run_command.ts";

const PLACES = ["events", "kafka"] as const;
const ROOT = new URL("../", import.meta.url).pathname;

const REDRIVE = defineCommand({
  name: "redrive",
  summary: [
    "Sends again what was given up, in both places, says before what it will do, and asks.",
    "events: images whose event became a dead letter (100 deliveries failed) have the status failed. The keeper repairs at once (deno task repair), which it does by itself anyway: it publishes the event again of every image that is failed or has no manifest. Images whose event still waits, or that are erased, rejected or ready, are not touched.",
    "kafka: the bridge sends records of the dead-letter topic to <topic>.redrive (deno task dlq redrive): the same image, the same retention period, however often. Those too old for that are not sent, and it says so.",
  ].join("\n"),
  flags: {
    "only PLACE": { about: "events or kafka (default: both)", parse: oneOf(PLACES) },
    "dry-run": "only look",
    "yes": "do not ask",
    "reason CODE": { about: "only Kafka letters of that reason", many: true },
    "project P": "Google Cloud's project (default: the local system)",
    "prefix NAME": "first part of its names (default: tintype)",
    "keeper URL": "address of its keeper: https://tintype-keeper-NUMBER.REGION.run.app",
    "bridge URL": {
      about:
        `a member's operations port (local: ${URLS.bridge}); in Google Cloud by a tunnel: gcloud compute start-iap-tunnel MEMBER 8081 --local-host-port localhost:8081 --zone ZONE`,
      parse: httpOrigin,
    },
  },
  exitCodes: {
    1: "a command failed, a letter was too old to be sent, or the answer was no",
    2: "wrong call, or a place could not be looked at (then nothing is done)",
  },
});

/** The tasks of what was asked for, in their order. Throws UsageError where flags contradict each other. */
function tasksOf(
  { only, reason, project, prefix, keeper, bridge }: ReturnType<typeof REDRIVE.parse>,
) {
  const isOf = (place: typeof PLACES[number]) => (only ?? place) === place;
  if (project !== undefined && isOf("kafka") && bridge === undefined) {
    throw new UsageError("Cannot run redrive: --project needs --bridge, or --only events");
  }
  if (!isOf("kafka") && (reason.length > 0 || bridge !== undefined)) {
    throw new UsageError("Cannot run redrive: --only events leaves --reason and --bridge out");
  }
  const flags = Object.entries({ project, prefix, keeper })
    .flatMap(([name, value]) => value === undefined ? [] : [`--${name}`, value]);
  const which = reason.length === 0 ? ["--all"] : reason.flatMap((code) => ["--reason", code]);
  const where = bridge === undefined ? [] : ["--bridge", bridge];
  return [
    ...(isOf("events") ? [["repair", "--since", "7d", ...flags]] : []),
    ...(isOf("kafka") ? [["dlq", "redrive", ...which, ...where]] : []),
  ];
}

/** Runs a task, whose output is shown as it comes; resolves to its exit code. */
async function run(task: readonly string[], signal?: AbortSignal): Promise<number> {
  console.log(`\n$ npx deno task ${task.join(" ")}`);
  const onOutput = (text: string) => void Deno.stdout.writeSync(new TextEncoder().encode(text));
  const command = [Deno.execPath(), "task", "--quiet", ...task] as const;
  return (await runCommand(command, { cwd: ROOT, signal, onOutput })).code;
}

await runMain(REDRIVE, async (call) => {
  const tasks = tasksOf(call);
  let isSeen = true;
  // What it finds may be a failure; what it cannot look at is a wrong call.
  for (const task of tasks) isSeen = await run([...task, "--dry-run"]) < EXIT.wrongCall && isSeen;
  if (!isSeen) {
    console.error(
      "\nNothing was done: not every place could be looked at (--only leaves one out).",
    );
    return EXIT.wrongCall;
  }
  if (call.dryRun) return EXIT.done;
  if (!call.yes && !confirm("\nDo it?")) {
    console.error("\nNothing was done: the answer was not yes (--yes does not ask).");
    return EXIT.failed;
  }
  // Not before the question, which reads the same keys.
  const ending = new AbortController();
  endOnInterrupt(ending);
  for (const task of tasks) {
    const code = await run(task, ending.signal);
    if (code === EXIT.done) continue;
    console.error(`\nNot everything was done: the last command ended with ${code}.`);
    return EXIT.failed;
  }
});
