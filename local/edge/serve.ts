/**
 * The worker of `wrangler.toml` in workerd, by miniflare alone: `wrangler dev` starts slowly and grows with each request.
 * Reads PORT (8787; 0 is any free one), TRIGGERS_PORT (where `/cdn-cgi/local/scheduled` runs the cron trigger), DATA_DIR (the
 * durable objects' state), BINDINGS (variables and secrets as JSON, which replace or add to those of `wrangler.toml`) and
 * REQUESTS_PER_MINUTE (of both rate limits).
 */
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { emulatorLog, runEmulator } from "../http/emulator_server.ts";
import { builtWorkers, untyped } from "./built_workers.ts";

const {
  PORT = "8787",
  TRIGGERS_PORT = "0",
  DATA_DIR = ".tintype/edge",
  BINDINGS = "{}",
  REQUESTS_PER_MINUTE,
} = process.env;
/** What a variable or secret of a Worker holds at most (https://developers.cloudflare.com/workers/platform/limits/). */
const MAX_VARIABLE_BYTES = 5_120;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

await runEmulator("edge", async () => {
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = untyped("miniflare");
  const [worker, page] = await builtWorkers(ROOT);
  for (const { simple } of Object.values(worker.ratelimits ?? {})) {
    simple.limit = Number(REQUESTS_PER_MINUTE ?? simple.limit);
  }
  const bindings = { ...worker.bindings, ...JSON.parse(BINDINGS) };
  checkVariables(bindings);
  const miniflare = new Miniflare(convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: Number(TRIGGERS_PORT),
    resourcePersistencePath: resolve(DATA_DIR),
    unsafeTriggerHandlers: true,
    logRequests: false,
    log: new Log(LogLevel.ERROR),
    handleStructuredLogs: ({ message }: { readonly message: string }) =>
      void process.stdout.write(`${message}\n`),
    unsafeHandleRuntimeRestart: () => emulatorLog("edge").error("workerd_restarted"),
    workers: [
      {
        ...worker,
        bindings,
        // The worker itself, without miniflare's own in front of it.
        unsafeDirectSockets: [{ host: "127.0.0.1", port: Number(PORT) }],
      },
      page,
    ],
  }));
  const { origin: url } = await miniflare.unsafeGetDirectURL();
  // Miniflare's own would end the process with 143.
  for (const signal of ["SIGTERM", "SIGINT"]) process.removeAllListeners(signal);
  return { url, close: () => miniflare.dispose() };
});

/** Cloudflare refuses a deployment with a larger one. */
function checkVariables(bindings: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(bindings)) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const bytes = Buffer.byteLength(text);
    if (bytes <= MAX_VARIABLE_BYTES) continue;
    throw new RangeError(
      `variable ${name} must be at most ${MAX_VARIABLE_BYTES} bytes (got ${bytes})`,
    );
  }
}
