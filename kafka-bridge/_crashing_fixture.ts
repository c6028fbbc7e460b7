/**
 * The bridge as `main.ts` runs it, but that it kills itself at a point of a record's way (CRASH_AT), when it passes that
 * for the CRASH_AFTER-th time.
 */
import process from "node:process";
import { jsonLog } from "@tintype/core/json_log";
import { readEnv } from "./env.ts";
import { endOnSignal, fail, runBridge } from "./run_bridge.ts";

const { CRASH_AT, CRASH_AFTER = "1" } = process.env;
const log = jsonLog({ part: "bridge", write: (line) => process.stdout.write(`${line}\n`) });
let left = Number(CRASH_AFTER);
/** A write that is about to begin is under way a moment later. */
const LONGEST_MOMENT_MS = 5;

await runBridge(readEnv(process.env), {
  log,
  passing: (point) => {
    if (point !== CRASH_AT || --left !== 0) return;
    if (point !== "refusing") process.kill(process.pid, "SIGKILL");
    setTimeout(() => process.kill(process.pid, "SIGKILL"), Math.random() * LONGEST_MOMENT_MS);
  },
  onCrash: (error) => fail(log, "consumer_ended", error),
  onDrain: (drain) => endOnSignal(drain, log),
});
