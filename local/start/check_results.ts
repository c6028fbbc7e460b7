import { walkNames } from "@tintype/core/listing";
import { createBigQueryClient } from "@tintype/processor/adapters/bigquery_client";
import { gcsObjectStore } from "@tintype/processor/adapters/gcs_object_store";
import { LOCAL, URLS } from "./local_names.ts";
import type { PictureResult } from "./send_pictures.ts";
import type { WebhookReceiver } from "./webhook_receiver.ts";

/** What became of all pictures: the document that `--json` prints. */
export interface StartReport {
  readonly images: readonly PictureResult[];
  /** Pictures that never came to an end, or came to one without a row or an event. */
  readonly lost: number;
  /** Pictures that are there more than once. */
  readonly doubled: number;
  /** Median of the milliseconds from a manifest to its webhook; null where none came. */
  readonly eventMs: number | null;
  /** Whether everything was gone at its time; only where that was waited for. */
  readonly purged?: boolean;
}

/** A subscription writes rows within seconds, or when BigQuery is back. */
const ROWS_MS = 30_000;
const POLL_MS = 200;

/** Looks up each picture's row and event, and counts what is lost and what is there twice. */
export async function checkResults(
  results: readonly PictureResult[],
  receiver: Pick<WebhookReceiver, "eventMsOf">,
): Promise<StartReport> {
  const images = await withRowsAndEvents(results, receiver);
  const times = images.flatMap(({ imageId }) => receiver.eventMsOf(imageId) ?? []).toSorted(
    (a, b) => a - b,
  );
  return {
    images,
    lost: images.filter(isLost).length,
    doubled: await countDoubled(images),
    eventMs: times[Math.floor(times.length / 2)] ?? null,
  };
}

/** The pictures with what has come of them, as soon as all that are to have a row and an event do. */
async function withRowsAndEvents(
  results: readonly PictureResult[],
  { eventMsOf }: Pick<WebhookReceiver, "eventMsOf">,
): Promise<readonly PictureResult[]> {
  const deadline = Date.now() + ROWS_MS;
  for (;;) {
    const rows = new Set(await idsOfRows());
    const images = results.map((result) => ({
      ...result,
      row: result.imageId !== null && rows.has(result.imageId),
      event: eventMsOf(result.imageId) !== undefined,
    }));
    const waits = images.some(({ status, row, event }) => hasRow(status) && !(row && event));
    if (!waits || Date.now() > deadline) return images;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function hasRow(status: PictureResult["status"]): boolean {
  return status !== "refused" && status !== "lost";
}

/** Names of every object of a bucket. */
export async function listNames(bucket: string): Promise<string[]> {
  const store = gcsObjectStore({ bucket, endpoint: URLS.storage });
  const names: string[] = [];
  for await (const { name } of walkNames(store, { prefix: "" })) names.push(name);
  return names;
}

/** Image ids in BigQuery, one for each newest attempt. */
export async function idsOfRows(): Promise<unknown[]> {
  const client = createBigQueryClient({ projectId: LOCAL.project, endpoint: URLS.bigquery });
  const sql = `SELECT image_id FROM ${LOCAL.dataset}.images_current`;
  return (await client.query({ sql })).rows.map((row) => row["image_id"]);
}

function isLost({ status, row, event }: PictureResult): boolean {
  if (status === "refused") return false;
  return status === "lost" || status === "failed" || !row || !event;
}

/** A picture is doubled where one id has two raw objects, or where two pictures came out under one id. */
async function countDoubled(images: readonly PictureResult[]): Promise<number> {
  const ids = images.flatMap(({ imageId }) => imageId === null ? [] : [imageId]);
  const sent = new Set(ids);
  const stored = (await listNames(LOCAL.rawBucket)).map((name) => name.split("/").at(-1) ?? "")
    .filter((id) => sent.has(id));
  return ids.length - sent.size + stored.length - new Set(stored).size;
}
