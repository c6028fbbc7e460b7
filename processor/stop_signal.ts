import { endOnInterrupt } from "@tintype/cli/interrupts";
import { AppError } from "@tintype/core/errors";

/** Aborts at the first Ctrl-C, so that images under way are left as they were; the command then ends with 1. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  endOnInterrupt(stopping, {
    reason: new AppError("unavailable", "Stopped before its end: run it again to go on"),
  });
  return stopping.signal;
}
