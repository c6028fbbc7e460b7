import type { Client } from "@tintype/client/client";
import { URLS } from "./_cloud.ts";
import { addFault, clearFaults } from "./_emulator.ts";
import { pngBlob } from "./_pictures.ts";
import { readPush, setPush } from "./_push.ts";
import { waitUntil } from "./_wait.ts";

const WAIT_MS = 60_000;

/** Uploads an image whose every delivery the warehouse refuses until its event is given up; resolves when that is written. */
export async function giveEventUp(client: Client): Promise<string> {
  const before = await readPush();
  const refused = { path: "insertAll" };
  await addFault(URLS.bigquery, { match: refused, times: 10_000, action: { status: 503 } });
  await setPush({ maxAttempts: 2 });
  try {
    const { imageId } = await client.upload(pngBlob(300, 200));
    await waitUntil(
      "the event to be given up",
      async () => (await readPush()).deadLettered > before.deadLettered,
      WAIT_MS,
    );
    await clearFaults(URLS.bigquery);
    await waitUntil(
      "its failure to be written",
      async () => (await readPush()).deadDelivered > before.deadDelivered,
      WAIT_MS,
    );
    return imageId;
  } finally {
    await clearFaults(URLS.bigquery);
    await setPush({ maxAttempts: null });
  }
}
