import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 100;

/** Waits until `isSo` says yes, asked every `pollMs`; throws Error that names `what` after `timeoutMs`. */
export async function waitUntil(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  timeoutMs: number,
  pollMs: number = POLL_MS,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!await isSo()) {
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`);
    await sleep(pollMs);
  }
}
