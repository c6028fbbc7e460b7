import { URLS } from "./_cloud.ts";
import { postJson } from "./_emulator.ts";

/** Where the pushed messages are; see `GET /_local/push`. */
export interface PushCounts {
  readonly queued: number;
  readonly delivering: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly deadDelivered: number;
  readonly dead: number;
  readonly dropped: number;
}

const PUSH = `${URLS.storage}/_local/push`;

/** Counts the pushed messages. */
export async function readPush(): Promise<PushCounts> {
  const response = await fetch(PUSH);
  if (!response.ok) throw new Error(`GET /_local/push: ${response.status}`);
  return await response.json() as PushCounts; // documented at GET /_local
}

/** Changes the faults of the push that are named, and counts its messages. */
export async function setPush(settings: object): Promise<PushCounts> {
  const counts: unknown = await postJson(PUSH, settings);
  return counts as PushCounts; // documented at GET /_local
}
