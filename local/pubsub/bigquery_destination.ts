import type { Log } from "@tintype/core/ports/log";
import * as z from "zod";
import type { Destination, Outcome } from "./delivery_loop.ts";
import type { Leased } from "./message_store.ts";
import { postJson } from "./post_json.ts";
import type { Subscription } from "./resources.ts";

/** Where rows go. */
interface BigQueryOptions {
  /** The local BigQuery's address: `http://localhost:9050`. */
  readonly bigqueryUrl: string;
  readonly log: Log;
}

const resultSchema = z.object({
  errors: z.array(z.object({ index: z.int(), message: z.string() })),
});

const MAX_ROWS = 200;
/** As the Storage Write API takes no larger request. */
const MAX_BYTES = 10_000_000;
const TIMEOUT_MS = 60_000;

/**
 * Writes each message as a row (https://cloud.google.com/pubsub/docs/bigquery): the keys of its JSON with
 * `useTableSchema`, else the column `data`. A message that makes no row is refused; while BigQuery cannot be reached or
 * fails, nothing counts as sent.
 */
export function bigqueryDestination(
  subscription: Subscription,
  { bigqueryUrl, log }: BigQueryOptions,
): Destination {
  const config = subscription.bigqueryConfig;
  const [, project, dataset, table] = /^([^.:]+)[.:](\w+)\.(\w+)$/.exec(config?.table ?? "") ?? [];
  const target = { project, dataset, table, dropUnknownFields: config?.dropUnknownFields ?? false };

  async function write(batch: readonly Leased[], signal: AbortSignal): Promise<Outcome[]> {
    const rows = firstRows(batch.map((message) => rowOf(subscription, message)));
    const post = { url: `${bigqueryUrl}/_local/rows`, body: { ...target, rows } };
    const { status, text } = await postJson({ ...post, timeoutMs: TIMEOUT_MS, signal })
      .catch(() => ({ status: 0, text: "" }));
    const isRefused = status >= 400 && status < 500;
    if (isRefused) log.warn("rows_refused", { subscription: subscription.name, status });
    if (status !== 200) return rows.map(() => isRefused ? "refused" : "unsent");
    const refused = new Set<number>();
    for (const { index, message } of resultSchema.parse(JSON.parse(text)).errors) {
      const fields = { subscription: subscription.name, messageId: batch[index]?.id ?? "" };
      log.warn("row_refused", { ...fields, message });
      refused.add(index);
    }
    return rows.map((_, index) => refused.has(index) ? "refused" : "acknowledged");
  }

  return { batchSize: MAX_ROWS, concurrency: 1, send: write };
}

/** As many rows as fit into a request, at least one. */
function firstRows(rows: readonly unknown[]): unknown[] {
  let bytes = 0;
  return rows.filter((row, index) => {
    bytes += Buffer.byteLength(JSON.stringify(row));
    return index === 0 || bytes <= MAX_BYTES;
  });
}

/** A row by column, or the text of data that is no JSON object, which BigQuery then refuses. */
function rowOf({ name, bigqueryConfig }: Subscription, message: Leased): unknown {
  const text = Buffer.from(message.data, "base64").toString();
  const row = bigqueryConfig?.useTableSchema ? objectOf(text) : { data: text };
  if (!bigqueryConfig?.writeMetadata || typeof row === "string") return row;
  return {
    ...row,
    subscription_name: name,
    message_id: message.id,
    publish_time: new Date(message.published).toISOString(),
    attributes: JSON.stringify(message.attributes),
  };
}

function objectOf(text: string): object | string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : text;
  } catch {
    return text;
  }
}
