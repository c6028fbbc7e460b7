/** Calls of an emulator at an address: its faults (documented at `GET /_local`), and the storage's objects as they are. */
import assert from "node:assert/strict";

/** What goes wrong with which requests, and how often. */
export interface Fault {
  readonly match?: { readonly method?: string; readonly path?: string; readonly header?: string };
  readonly times: number;
  /** Only each so-many-th request. */
  readonly every?: number;
  readonly action:
    | { readonly status: number }
    | { readonly delayMs: number }
    | { readonly cutAfterBytes: number }
    | { readonly dropReply: true };
}

/** A live object of a bucket. */
export interface StoredObject {
  readonly name: string;
  readonly generation: string;
}

interface ListPage {
  readonly items?: readonly StoredObject[];
  readonly nextPageToken?: string;
}

/** Puts a fault into an emulator. */
export async function addFault(url: string, fault: Fault): Promise<void> {
  await postJson(`${url}/_local/faults`, { match: {}, ...fault });
}

/** How many faults of an emulator have not happened yet. */
export async function faultsLeft(url: string): Promise<number> {
  const { faults } = await getJson(`${url}/_local/faults`) as { faults: Fault[] }; // documented
  return faults.reduce((sum, { times }) => sum + times, 0);
}

/** Takes all faults out of an emulator; how many of them had not happened yet. */
export async function clearFaults(url: string): Promise<number> {
  const left = await faultsLeft(url);
  await fetch(`${url}/_local/faults`, { method: "DELETE" });
  return left;
}

/** Every live object of a bucket of the storage, in the order of names. */
export async function listObjects(url: string, bucket: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for (let pageToken: string | undefined = "";;) {
    const query = new URLSearchParams({ pageToken });
    const page = await getJson(`${url}/storage/v1/b/${bucket}/o?${query}`) as ListPage; // the JSON API's list
    objects.push(...page.items ?? []);
    pageToken = page.nextPageToken;
    if (pageToken === undefined) return objects;
  }
}

/** The address of an object in the storage's JSON API. */
export function objectUrl(url: string, bucket: string, name: string): string {
  return `${url}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
}

/** Posts JSON and answers JSON; the answer must be a success. */
export async function postJson(url: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `POST ${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  assert.ok(response.ok, `GET ${url}: ${response.status}`);
  return await response.json();
}
