import { AppError } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import { setTimeout as sleep } from "node:timers/promises";

/** What ends with the process. */
export interface Running {
  /** `shutdown()` stops accepting and settles when every request has been answered. */
  readonly server: { shutdown(): Promise<void> };
  readonly pixels?: { close(): Promise<void> };
  readonly queue?: { readonly size: number };
  /** Aborts what is still under way when the time is over. */
  readonly stopping: AbortController;
  readonly log: Log;
}

// Cloud Run kills ten seconds after SIGTERM (https://cloud.google.com/run/docs/container-contract#instance-shutdown).
const DRAIN_MS = 7_000;
const ABORTED_DRAIN_MS = 1_000;
const CLOSE_MS = 1_000;

/**
 * Stops accepting, waits at most seven seconds for what is under way, aborts the rest so that it is answered as one
 * that is to come again, and closes the pixel processes.
 */
export async function shutDown(running: Running): Promise<void> {
  const { server, pixels, queue, stopping, log } = running;
  log.info("stopping", { underWay: queue?.size });
  const answered = server.shutdown();
  await within(DRAIN_MS, answered);
  stopping.abort(new AppError("unavailable", "Cannot go on as this process stops"));
  await within(ABORTED_DRAIN_MS, answered);
  if (pixels !== undefined) await within(CLOSE_MS, pixels.close());
  log.info("stopped", { underWay: queue?.size });
}

/** Shuts down at the first SIGTERM or SIGINT and ends the process with 0. */
export function shutDownOnSignal(running: Running): void {
  let isStopping = false;
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    await shutDown(running);
    Deno.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, stop);
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const late = sleep(ms, undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([work, late]);
  timer.abort();
}
