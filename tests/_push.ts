import type { Client } from "@tintype/client/client";
import { eventually } from "@tintype/core/testing/eventually";
import { LOCAL } from "@tintype/local/start/local_names";
import { URLS } from "./_cloud.ts";
import { addFault, clearFaults, postJson } from "./_emulator.ts";
import { pngBlob } from "./_pictures.ts";

/** Where the pushed messages are; see `GET /_local/push`. */
type PushCounts = Readonly<
  Record<"queued" | "delivering" | "delivered" | "dead" | "dropped" | GivenUp, number>
>;
/** Where the records are. */
export type RecordCounts = Readonly<Record<"queued" | "delivering" | "deadLettered", number>>;
/** Messages that were given up, and those of them whose failure was written. */
type GivenUp = "deadLettered" | "deadDelivered";

const PUSH = `${URLS.storage}/_local/push`;
const WAIT_MS = 60_000;

/** Counts the pushed messages. */
export async function readPush(): Promise<PushCounts> {
  const response = await fetch(PUSH);
  if (!response.ok) throw new Error(`GET /_local/push: ${response.status}`);
  return await response.json() as PushCounts; // documented at GET /_local
}

/** Counts the records that are to become rows of images. */
export async function readRecords(): Promise<RecordCounts> {
  const { subscriptions } = await readPush() as unknown as {
    subscriptions: Record<string, RecordCounts>; // documented at GET /_local
  };
  const name = `projects/${LOCAL.project}/subscriptions/tintype-images-bigquery`;
  return subscriptions[name] ?? Promise.reject(new Error(`${name} is not there`));
}

/** Changes the faults of the push that are named. */
export async function setPush(settings: object): Promise<void> {
  await postJson(PUSH, settings);
}

/** What a run of repair did, as far as tests ask. */
type RepairCounts = Readonly<Record<"republished" | "failed" | "waiting" | "heldBack", number>>;

/** Has the keeper repair everything at once, as `deno task repair` does. */
export async function repairAtOnce(): Promise<RepairCounts> {
  return await runJob("repair", { since: "1970-01-01T00:00:00Z" }) as RepairCounts; // its own response
}

/** Runs a job of the keeper as the scheduler does, and returns its response. */
export async function runJob(job: string, body?: object): Promise<unknown> {
  const request = body === undefined ? { job } : { job, body };
  return (await postJson(`${URLS.storage}/_local/scheduler`, request))["body"];
}

/** Repairs until nothing is open any more whose event does not wait. */
export async function repairAll(): Promise<void> {
  await eventually("repair to find nothing open", async () => {
    const { republished, failed, waiting, heldBack } = await repairAtOnce();
    return republished + failed + waiting + heldBack === 0;
  }, WAIT_MS);
}

/** Uploads an image that no delivery can read until its event is given up; resolves when that is written. */
export async function giveEventUp(client: Client): Promise<string> {
  const before = await readPush();
  const hasMore = (count: GivenUp) => async () => (await readPush())[count] > before[count];
  const reading = { method: "GET", path: "/b/tintype-raw/o/.*alt=media" };
  await addFault(URLS.storage, { match: reading, times: 10_000, action: { status: 503 } });
  await setPush({ maxAttempts: 2 });
  try {
    const { imageId } = await client.upload(pngBlob(300, 200));
    await eventually("the event to be given up", hasMore("deadLettered"), WAIT_MS);
    await clearFaults(URLS.storage);
    await eventually("its failure to be written", hasMore("deadDelivered"), WAIT_MS);
    return imageId;
  } finally {
    await clearFaults(URLS.storage);
    await setPush({ maxAttempts: null });
  }
}
