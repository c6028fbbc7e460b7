import { BigQuery } from "@google-cloud/bigquery";
import { OAuth2Client, PassThroughClient } from "google-auth-library";
import type { TestContext } from "node:test";
import { type BigQueryParts, openBigQuery } from "./bigquery_parts.ts";

/** Google's own client for the BigQuery at an address, for a caller where one is named. */
export function clientOf(url: string, caller?: string): BigQuery {
  const authClient = caller === undefined ? new PassThroughClient() : new OAuth2Client();
  authClient.setCredentials({ access_token: caller ?? null });
  return new BigQuery({ projectId: "tintype-local", apiEndpoint: url, authClient });
}

/** Opens the parts of a BigQuery until the test ends; in memory where no file is named. */
export async function openParts(
  t: TestContext,
  path = ":memory:",
  retentionMs?: number,
): Promise<BigQueryParts> {
  const parts = await openBigQuery(path, "tintype-local", { retentionMs });
  t.after(() => parts.database.close());
  return parts;
}

/** Yesterday, as `yyyy-mm-dd`: views show the last 8 days. */
export const SAMPLE_DAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

/** T0 of every row of a test. */
export const SAMPLE_T0 = `${SAMPLE_DAY}T10:00:00.123Z`;

/** A row of `tintype.images` with its required columns. */
export function imageRow(imageId: string, more: Record<string, unknown> = {}) {
  return {
    image_id: imageId,
    tenant: "acme",
    owner: "abcdefghijklmnopqrst",
    source: "edge",
    t0: SAMPLE_T0,
    status: "ready",
    processed_at: `${SAMPLE_DAY}T10:00:05Z`,
    ...more,
  };
}

/** Writes rows of `tintype.images` as a subscription of Pub/Sub does; returns what was refused. */
export async function writeRows(url: string, rows: readonly Record<string, unknown>[]) {
  const target = { project: "tintype-local", dataset: "tintype", table: "images" };
  const body = JSON.stringify({ ...target, rows });
  const response = await fetch(`${url}/_local/rows`, { method: "POST", body });
  const { errors } = await response.json() as { errors: { index: number; message: string }[] }; // documented
  return errors;
}
