import type { Client } from "@tintype/client/client";
import { addFault, clearFaults, postJson, URLS } from "./_cloud.ts";
import { noisePng } from "./_pictures.ts";
import { waitUntil } from "./_wait.ts";

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

const WAIT_MS = 60_000;

/** Counts the pushed messages. */
export async function pushCounts(): Promise<PushCounts> {
  return await (await fetch(`${URLS.storage}/_local/push`)).json() as PushCounts; // documented at GET /_local
}

/** Uploads an image whose every delivery the warehouse refuses until its event is given up; resolves when that is written. */
export async function giveEventUp(client: Client): Promise<string> {
  const before = await pushCounts();
  const refused = { path: "insertAll" };
  await addFault("warehouse", { match: refused, times: 10_000, action: { status: 503 } });
  await setMaxAttempts(2);
  try {
    const { imageId } = await client.upload(new Blob([noisePng(300, 200)], { type: "image/png" }));
    await waitUntil(
      "the event to be given up",
      async () => (await pushCounts()).deadLettered > before.deadLettered,
      WAIT_MS,
    );
    await clearFaults("warehouse");
    await waitUntil(
      "its failure to be written",
      async () => (await pushCounts()).deadDelivered > before.deadDelivered,
      WAIT_MS,
    );
    return imageId;
  } finally {
    await clearFaults("warehouse");
    await setMaxAttempts(null);
  }
}

async function setMaxAttempts(maxAttempts: number | null): Promise<void> {
  await postJson(`${URLS.storage}/_local/push`, { maxAttempts });
}
