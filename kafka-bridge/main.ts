/**
 * The bridge's composition root: read the environment, open the adapters and join the group (`run_bridge.ts`),
 * and on SIGTERM or SIGINT drain and leave it. A crash that the client library cannot recover from ends the process with 1.
 */
import process from "node:process";
import { AppError } from "@tintype/core/errors";
import { jsonLog } from "@tintype/core/json_log";
import { openAdapters } from "./adapters/open_adapters.ts";
import { readEnv } from "./config/env.ts";
import { endOnSignal, fail, runBridge } from "./operations/run_bridge.ts";

const log = jsonLog({ part: "bridge", write: (line) => process.stdout.write(`${line}\n`) });

try {
  const env = await readEnv(process.env);
  const endTelemetry = await beginTelemetry(env.OTEL_EXPORTER_OTLP_ENDPOINT);
  await runBridge(openAdapters(env, log), {
    env,
    log,
    onCrash: (error) => fail(log, "consumer_ended", error),
    onDrain: (drain) => endOnSignal(() => drain().finally(endTelemetry), log),
  });
} catch (error) {
  fail(log, error instanceof AppError ? "invalid_config" : "start_failed", error);
}

/** The SDK is loaded only where there is somebody to tell. */
async function beginTelemetry(endpoint: string | undefined): Promise<() => Promise<void>> {
  if (endpoint === undefined) return () => Promise.resolve();
  const { startTelemetry } = await import("./operations/telemetry.ts");
  return startTelemetry(endpoint, "bridge");
}
