/**
 * The worker of `wrangler.toml` in workerd, which is started anew when this process is: it ends with workerd.
 * Reads PORT (8787; 0 is any free one), TRIGGERS_PORT (where `/cdn-cgi/local/scheduled` runs the cron trigger), DATA_DIR (the
 * durable objects' state), BINDINGS (variables and secrets as JSON, which replace or add to those of `wrangler.toml`) and
 * REQUESTS_PER_MINUTE (of both rate limits).
 */
import { resolve } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startWorkerd } from "@tintype/edge/workerd";
import { WRANGLER } from "@tintype/edge/workerd_config";
import { emulatorLog, runEmulator } from "../http/emulator_server.ts";
import { builtWorker } from "./built_worker.ts";

const {
  PORT = "8787",
  TRIGGERS_PORT = "0",
  DATA_DIR = ".tintype/edge",
  BINDINGS = "{}",
  REQUESTS_PER_MINUTE,
} = process.env;
/** What a variable or secret of a Worker holds at most (https://developers.cloudflare.com/workers/platform/limits/). */
const MAX_VARIABLE_BYTES = 5_120;
const HEARD_MS = 200;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

await runEmulator("edge", async () => {
  const vars: Record<string, string> = { ...WRANGLER.vars, ...JSON.parse(BINDINGS) };
  checkVariables(vars);
  const limits = WRANGLER.ratelimits.map(({ name, simple }) =>
    [name, Number(REQUESTS_PER_MINUTE ?? simple.limit)] as const
  );
  const workerd = await startWorkerd({
    ...await builtWorker(ROOT),
    vars,
    limits: Object.fromEntries(limits),
    port: Number(PORT),
    triggersPort: Number(TRIGGERS_PORT),
    dataDir: resolve(DATA_DIR),
    logs: true,
  });
  let isClosing = false;
  void workerd.ended.then(async (how) => {
    // A signal to the group may end workerd before it is heard here.
    await sleep(HEARD_MS);
    if (isClosing) return;
    emulatorLog("edge").error("workerd_ended", { how });
    process.exit(1);
  });
  const close = async () => {
    isClosing = true;
    await workerd[Symbol.asyncDispose]();
  };
  return { url: workerd.url, close };
});

/** Cloudflare refuses a deployment with a larger one. */
function checkVariables(vars: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(vars)) {
    const bytes = Buffer.byteLength(text);
    if (bytes <= MAX_VARIABLE_BYTES) continue;
    throw new RangeError(
      `variable ${name} must be at most ${MAX_VARIABLE_BYTES} bytes (got ${bytes})`,
    );
  }
}
