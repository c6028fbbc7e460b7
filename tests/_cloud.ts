/** Calls that the walks make: the edge as a client does, the emulators as Google's clients do, and their controls. */
import assert from "node:assert/strict";
import { type Client, TintypeClient } from "@tintype/client/client";
import { DAYS_FILE, type DaySalt, parseDaySalts } from "@tintype/core/model/day_salts";
import { LOCAL, URLS } from "@tintype/local/start/local_names";
import { eventually } from "@tintype/core/testing/eventually";
import { listObjects, objectUrl, postJson } from "./_emulator.ts";

export { URLS };

/** The buckets of the local cloud. */
export const BUCKETS = {
  raw: LOCAL.rawBucket,
  processed: LOCAL.processedBucket,
  erasures: LOCAL.erasuresBucket,
  certificates: LOCAL.certificatesBucket,
  config: LOCAL.configBucket,
} as const;

/** The tenant of the walks' own subjects. */
export const TENANT = "walks";

const ERASED_MS = 60_000;

/** Options of {@link tokenFor}. */
export interface TokenOptions {
  readonly tenant?: string;
  readonly scope?: string;
  /** Negative for a token that has ended. */
  readonly ttlSeconds?: number;
}

/** An access token of the local issuer. */
export async function tokenFor(sub: string, options: TokenOptions = {}): Promise<string> {
  const body = { sub, tenant: TENANT, ...options };
  const { access_token: token } = await postJson(`${URLS.oidc}/token`, body);
  assert.equal(typeof token, "string");
  return String(token);
}

/** The identity token of a service account, as Google's metadata server gives it. */
export async function identityToken(audience: string, email: string): Promise<string> {
  const { id_token: token } = await postJson(`${URLS.oidc}/google/token`, { audience, email });
  return String(token);
}

/** A call of the edge. */
export interface EdgeRequest {
  readonly token?: string | undefined;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
  /** Sent as JSON. */
  readonly json?: unknown;
}

/** Calls the edge once, without retries. */
export async function callEdge(path: string, request: EdgeRequest = {}): Promise<Response> {
  const { token, json, body, headers, ...rest } = request;
  return await fetch(`${URLS.edge}${path}`, {
    ...rest,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    ...(body === undefined ? {} : { body, duplex: "half" }),
  });
}

/** The project's client for a subject, with chunks of 1 MiB. */
export function clientFor(sub: string): Client {
  return new TintypeClient({
    edge: URLS.edge,
    token: () => tokenFor(sub),
    chunkBytes: 1024 * 1024,
    retry: { maxAttempts: 10, minDelayMs: 50, maxDelayMs: 1_000, timeoutMs: 10_000 },
  });
}

/** The bytes of every rendition, by name, read by their signed addresses without a token. */
export async function renditionsOf(
  image: { renditions: readonly { name: string; url: string }[] },
) {
  const all = await Promise.all(image.renditions.map(async ({ name, url }) => {
    const response = await fetch(url);
    assert.equal(response.status, 200, name);
    return [name, await response.bytes()] as const;
  }));
  return Object.fromEntries(all);
}

/** Names of a bucket's objects that hold the text, in order. */
export async function namesWith(bucket: string, text = ""): Promise<string[]> {
  const objects = await listObjects(URLS.storage, bucket);
  return objects.map(({ name }) => name).filter((name) => name.includes(text));
}

/** Reads an object as the JSON API gives it: its bytes, and its generation. */
export async function readObject(bucket: string, name: string) {
  const response = await fetch(`${objectUrl(URLS.storage, bucket, name)}?alt=media`);
  assert.equal(response.status, 200, name);
  return { bytes: await response.bytes(), generation: response.headers.get("x-goog-generation") };
}

/** Writes an object as the project's owner. */
export async function putObject(bucket: string, name: string, body: BodyInit): Promise<void> {
  const query = new URLSearchParams({ uploadType: "media", name });
  const url = `${URLS.storage}/upload/storage/v1/b/${bucket}/o?${query}`;
  const response = await fetch(url, { method: "POST", body });
  assert.equal(response.status, 200, await response.text());
}

/** Runs BigQuery SQL and answers rows of texts. */
export async function query(sql: string): Promise<(string | null)[][]> {
  const url = `${URLS.bigquery}/bigquery/v2/projects/${LOCAL.project}/queries`;
  const answer = await postJson(url, { query: sql, useLegacySql: false }) as QueryAnswer; // BigQuery's
  return (answer.rows ?? []).map(({ f }) => f.map(({ v }) => v));
}

interface QueryAnswer {
  readonly rows?: readonly { readonly f: readonly { readonly v: string | null }[] }[];
}

/** The salts of the days, as the keeper wrote them. */
export async function readDays(): Promise<readonly DaySalt[]> {
  return parseDaySalts((await readObject(BUCKETS.config, DAYS_FILE)).bytes);
}

/**
 * Erases an image as its owner does: it is hidden at once, and nothing is left of it but the request, the receipt when
 * there is one, what says that rows had to go, and the row that says so too. Returns the receipt. In a system that keeps
 * images for an hour at most: in others a receipt takes its time.
 */
export async function erase(imageId: string, token: string): Promise<Record<string, unknown>> {
  const [path, erasure] = [`/v1/images/${imageId}`, `/v1/erasures/${imageId}`];
  const asked = await callEdge(path, { token, method: "DELETE" });
  assert.equal(asked.status, 202);
  assert.deepEqual(await asked.json(), { imageId, status: "accepted", erasure });
  assert.equal((await callEdge(path, { token })).status, 404);
  const receipt = await eventually(
    "the receipt",
    async () => {
      const answer = await (await callEdge(erasure, { token })).json() as Record<string, unknown>; // the contract
      return answer["status"] === "erased" && answer;
    },
    ERASED_MS,
    300,
  );
  const [request = "", ...more] = await namesWith(BUCKETS.erasures, imageId);
  assert.deepEqual(more, []);
  assert.deepEqual(await namesWith(BUCKETS.raw, imageId), []);
  const processed = await namesWith(BUCKETS.processed, imageId);
  assert.deepEqual(processed, [`erased/${request}`, `erasing/${request}`]);
  const rows = await query(`SELECT status FROM tintype.images WHERE image_id = '${imageId}'`);
  assert.deepEqual([...new Set(rows.flat())], ["erased"]);
  return receipt;
}
