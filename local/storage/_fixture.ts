import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { eventually } from "@tintype/core/testing/eventually";
import { jsonPath } from "@tintype/gcs/json_path";
import { importHmacSigner, objectPath, signUrl, type V4Request } from "@tintype/gcs/v4_signer";
import type { V4Key } from "@tintype/gcs/v4_verifier";
import { makeFolder } from "../_testing.ts";
import { type RunningStorage, startStorage, type StorageOptions } from "./storage.ts";

/** The key that the tests' storages know. */
export const HMAC_KEY = { accessId: "GOOG1TESTKEY", secret: "a test secret" } as const;

/** How many bytes sessions hold multiples of. */
export const CHUNK = 256 * 1024;

const KEY: V4Key = { type: "hmac", secret: HMAC_KEY.secret, email: "edge@example.com" };

/** A storage of a test, gone with it. */
export interface TestStorage extends RunningStorage {
  readonly dataDir: string;
}

/** Starts a storage on a free port with a folder of its own; both end with the test. */
export async function startTestStorage(
  t: TestContext,
  options: Partial<StorageOptions> = {},
): Promise<TestStorage> {
  const dataDir = options.dataDir ?? await makeFolder(t);
  const storage = await startStorage({
    port: 0,
    findKey: (accessId) => accessId === HMAC_KEY.accessId ? KEY : undefined,
    log: { info() {}, warn() {}, error() {} },
    limited: "none",
    ...options,
    dataDir,
  });
  let closing: Promise<void> | undefined;
  const close = () => closing ??= storage.close();
  t.after(close);
  return { ...storage, close, dataDir };
}

/** A request that is to be signed, for an object or, without one, for its bucket. */
export interface SignedRequest extends Pick<V4Request, "method" | "query" | "headers"> {
  readonly bucket?: string;
  readonly object?: string;
}

/** How a signed request is sent. */
export interface SignedInit extends RequestInit {
  readonly nowMs?: number;
  readonly duplex?: "half";
}

/** A signed request to a storage; what is signed as a header must be sent, and is. */
export async function signedFetch(
  storage: Pick<RunningStorage, "url">,
  { bucket = "tintype-raw", object, ...request }: SignedRequest,
  send: SignedInit = {},
): Promise<Response> {
  const signer = await importHmacSigner(HMAC_KEY);
  const { nowMs = Date.now(), ...init } = send;
  const { url, headers } = await signUrl(signer, {
    endpoint: storage.url,
    path: objectPath(bucket, object),
    expiresSeconds: 900,
    ...request,
  }, { nowMs });
  const { method } = request;
  return await fetch(url, {
    redirect: "manual",
    ...init,
    method,
    headers: { ...headers, ...Object.fromEntries(new Headers(init.headers)) },
  });
}

/** How a session is started. */
interface SessionInit {
  readonly name?: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly resource?: Record<string, unknown>;
}

/** Starts a resumable session by the JSON API and returns its address. */
export async function startSession(
  { url }: Pick<RunningStorage, "url">,
  { name = "object", query = {}, headers = {}, resource = {} }: SessionInit = {},
): Promise<string> {
  const search = new URLSearchParams({ uploadType: "resumable", name, ...query });
  const response = await fetch(`${url}/upload/storage/v1/b/tintype-raw/o?${search}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(resource),
  });
  const location = response.headers.get("location");
  if (response.status !== 200 || location === null) throw new Error(await response.text());
  return location;
}

/** Sends bytes of a range (`0-9/10`), or a status query without them, to a session. */
export async function putChunk(
  session: string,
  range: string,
  body: Uint8Array<ArrayBuffer> = new Uint8Array(),
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await fetch(session, {
    method: "PUT",
    redirect: "manual",
    headers: { "Content-Range": `bytes ${range}`, ...headers },
    body,
  });
}

/** A session of a storage of its own, and what sends chunks to it. */
export async function openSession(
  t: TestContext,
  init: SessionInit = {},
  options: Partial<StorageOptions> = {},
) {
  const storage = await startTestStorage(t, options);
  const session = await startSession(storage, init);
  const put = (
    ...chunk: Parameters<typeof putChunk> extends [string, ...infer Rest] ? Rest : never
  ) => putChunk(session, ...chunk);
  return { storage, session, put };
}

/** A body of which only a part is sent. */
interface PartialBody {
  readonly range: string;
  readonly length: number;
  readonly part: Uint8Array;
}

/** Declares a body, sends a part of it and hands over the connection. */
export async function sendPart(
  session: string,
  { range, length, part }: PartialBody,
): Promise<Socket> {
  const url = new URL(session);
  const socket = connect(Number(url.port), "127.0.0.1");
  const head = [
    `PUT ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    `Content-Range: bytes ${range}`,
    `Content-Length: ${length}`,
  ];
  await new Promise<void>((resolve) => {
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    socket.write(part, () => resolve());
  });
  return socket;
}

/** Asks a session what it holds until it is `held`, which is more than nothing. */
export async function waitForHeld(session: string, held: number): Promise<void> {
  await eventually(`a session that holds ${held} bytes`, async () => {
    const { headers } = await putChunk(session, "*/*");
    return headers.get("range") === `bytes=0-${held - 1}`;
  });
}

/** The resource of an object, or its error. */
export async function getResource(
  { url }: Pick<RunningStorage, "url">,
  name = "object",
  bucket = "tintype-raw",
): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}${jsonPath(bucket, name)}`);
  return readRecord(await response.json());
}

/** The bytes of an object. */
export async function getMedia(
  { url }: Pick<RunningStorage, "url">,
  name = "object",
): Promise<Buffer> {
  const response = await fetch(`${url}${jsonPath("tintype-raw", name)}?alt=media`);
  return Buffer.from(await response.bytes());
}

/** Uploads an object at once. */
export async function putMedia(
  { url }: Pick<RunningStorage, "url">,
  name: string,
  body: string | Uint8Array<ArrayBuffer> = name,
  query: Record<string, string> = {},
): Promise<Response> {
  const search = new URLSearchParams({ uploadType: "media", name, ...query });
  const path = `${url}/upload/storage/v1/b/tintype-raw/o?${search}`;
  return await fetch(path, { method: "POST", body });
}

/** Random bytes. */
export function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(randomBytes(length));
}

/** A JSON object; throws where it is none. */
export function readRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new TypeError("not a JSON object");
  return { ...value };
}
