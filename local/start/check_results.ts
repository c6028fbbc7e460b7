import * as z from "zod";
import { LOCAL, URLS } from "./local_names.ts";
import type { PictureResult } from "./send_pictures.ts";

/** What became of all pictures: the document that `--json` prints. */
export interface StartReport {
  readonly images: readonly PictureResult[];
  /** Pictures that never came to an end, or came to one without a row. */
  readonly lost: number;
  /** Pictures that are there more than once. */
  readonly doubled: number;
  /** Whether everything was gone at its time; only where that was waited for. */
  readonly purged?: boolean;
}

const listSchema = z.object({
  items: z.array(z.object({ name: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

/** Looks up each picture's row and counts what is lost and what is there twice. */
export async function checkResults(results: readonly PictureResult[]): Promise<StartReport> {
  const rows = new Set((await rowsOfImages()).map(([imageId]) => imageId));
  const images = results.map((result) => ({
    ...result,
    row: result.imageId !== null && rows.has(result.imageId),
  }));
  return { images, lost: images.filter(isLost).length, doubled: await countDoubled(images) };
}

/** Names of every object of a bucket. */
export async function listNames(bucket: string): Promise<string[]> {
  const names: string[] = [];
  let pageToken: string | undefined;
  do {
    const url = new URL(`${URLS.storage}/storage/v1/b/${bucket}/o`);
    if (pageToken !== undefined) url.searchParams.set("pageToken", pageToken);
    const page = listSchema.parse(await (await fetch(url)).json());
    names.push(...page.items.map(({ name }) => name));
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return names;
}

/** Image ids in BigQuery, one for each newest attempt. */
export async function rowsOfImages(): Promise<(string | null)[][]> {
  return await queryBigQuery(
    URLS.bigquery,
    LOCAL.project,
    `SELECT image_id FROM ${LOCAL.dataset}.images_current`,
  );
}

function isLost({ status, row }: PictureResult): boolean {
  if (status === "refused") return false;
  return status === "lost" || status === "failed" || !row;
}

/** A picture is doubled where one id has two raw objects, or where two pictures came out under one id. */
async function countDoubled(images: readonly PictureResult[]): Promise<number> {
  const ids = images.flatMap(({ imageId }) => imageId === null ? [] : [imageId]);
  const sent = new Set(ids);
  const stored = (await listNames(LOCAL.rawBucket)).map((name) => name.split("/").at(-1) ?? "")
    .filter((id) => sent.has(id));
  return ids.length - sent.size + stored.length - new Set(stored).size;
}

const answerSchema = z.object({
  jobReference: z.object({ jobId: z.string() }),
  pageToken: z.string().optional(),
  rows: z.array(z.object({ f: z.array(z.object({ v: z.string().nullable() })) })).default([]),
});

type Rows = (string | null)[][];

/** Runs a query over BigQuery's REST API and returns all its rows as texts. Throws Error with the status. */
export async function queryBigQuery(
  endpoint: string,
  project: string,
  query: string,
): Promise<Rows> {
  const queries = `${endpoint}/bigquery/v2/projects/${project}/queries`;
  const first = await ask(queries, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, useLegacySql: false }),
  });
  const rows = rowsOf(first);
  let { pageToken } = first;
  while (pageToken !== undefined) {
    const page = new URLSearchParams({ pageToken });
    const next = await ask(`${queries}/${first.jobReference.jobId}?${page}`);
    rows.push(...rowsOf(next));
    ({ pageToken } = next);
  }
  return rows;
}

async function ask(url: string, request: RequestInit = {}): Promise<z.infer<typeof answerSchema>> {
  const response = await fetch(url, request);
  if (response.ok) return answerSchema.parse(await response.json());
  throw new Error(`Cannot query BigQuery: ${response.status} ${await response.text()}`);
}

function rowsOf({ rows }: z.infer<typeof answerSchema>): Rows {
  return rows.map((row) => row.f.map(({ v }) => v));
}
