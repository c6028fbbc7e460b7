import { type Call, headerOf, readText, type RequestBody } from "../http/call.ts";
import { StorageFailure } from "./failures.ts";

const MAX_BODY_BYTES = 1024 * 1024;

/** The declared length of the body in bytes, undefined where it is sent chunked or not at all. */
export function contentLengthOf(call: Pick<Call, "headers">): number | undefined {
  const text = headerOf(call, "content-length");
  return text === undefined ? undefined : Number(text);
}

/** A number of a request, undefined where it is not given; throws `bad_request` that says what it is for anything else. */
export function wholeNumber(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw new StorageFailure("bad_request", `Invalid ${what}: ${text}`);
}

/** A parameter of a query, undefined where it is empty or not given. */
export function givenOf(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

/** Decodes a part of a path; throws `bad_request` where it is not percent-encoded UTF-8. */
export function decodePath(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new StorageFailure("bad_request", "The path is not percent-encoded UTF-8.");
  }
}

/** Reads a JSON body as text; throws `bad_request` over 1 MiB. */
export async function readBody({ body }: Pick<Call, "body">): Promise<string> {
  const text = await readText(body, MAX_BODY_BYTES);
  if (text !== undefined) return text;
  throw new StorageFailure("bad_request", "The request body is too large.");
}

/** Reads the rest of a body and drops it, so that the caller can read the response. */
export async function drain(body: RequestBody): Promise<void> {
  for await (const _ of body);
}

/** Where batches of the JSON API's calls are sent. */
export const BATCH_PATH = "/batch/storage/v1";

/** Whether a path is the JSON API's; the others are the XML API's. */
export function isJsonPath(path: string): boolean {
  return path === BATCH_PATH ||
    /^\/(resumable\/upload\/|upload\/|download\/)?storage\/v1\//.test(path);
}
