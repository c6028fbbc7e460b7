/**
 * The bridge as `main.ts` runs it, but that it kills itself at a point of a record's way (CRASH_AT), when it passes that
 * for the CRASH_AFTER-th time.
 */
import process from "node:process";
import { jsonLog } from "@tintype/core/json_log";
import { openAdapters } from "../adapters/open_adapters.ts";
import { readEnv } from "../config/env.ts";
import { endOnSignal, fail, runBridge } from "../operations/run_bridge.ts";
import { withCrashPoints } from "./crash_points.ts";

const { CRASH_AT, CRASH_AFTER = "1" } = process.env;
const log = jsonLog({ part: "bridge", write: (line) => process.stdout.write(`${line}\n`) });
let left = Number(CRASH_AFTER);
/** A write that is about to begin is under way a moment later. */
const LONGEST_MOMENT_MS = 5;

const env = await readEnv(process.env);
const adapters = withCrashPoints(openAdapters(env, log), (point) => {
  if (point !== CRASH_AT || --left !== 0) return;
  if (point !== "refusing") process.kill(process.pid, "SIGKILL");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), Math.random() * LONGEST_MOMENT_MS);
});
await runBridge(adapters, {
  env,
  log,
  onCrash: (error) => fail(log, "consumer_ended", error),
  onDrain: (drain) => endOnSignal(drain, log),
});
