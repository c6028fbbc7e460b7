import type { CallOptions } from "@tintype/core/ports/call_options";
import { anonymous, withHeaders } from "@tintype/gcs/authorize";
import { callStorage, readJson, type StorageCall } from "@tintype/gcs/storage_call";
import * as z from "zod";
import { googleHeaders } from "./_google_auth.ts";

const pageSchema = z.looseObject({ nextPageToken: z.string().optional() });
const JSON_TYPE = { "content-type": "application/json" };

/** Calls that read from one of Google's JSON APIs; an emulator's address is asked without credentials. */
export function googleApi(api: string, endpoint: string | undefined, { signal }: CallOptions = {}) {
  const access = {
    endpoint: endpoint ?? `https://${api}.googleapis.com`,
    authorize: endpoint === undefined ? withHeaders(googleHeaders) : anonymous,
  };
  const call = async <T>(schema: z.ZodType<T>, request: StorageCall): Promise<T> =>
    schema.parse(await callStorage<unknown>(access, { ...request, signal }, readJson));
  const get = async <T>(path: string, schema: z.ZodType<T>, query = {}): Promise<T> =>
    await call(schema, { method: "GET", path, query });
  /** For what Google reads by POST: it changes nothing. */
  const post = async <T>(path: string, schema: z.ZodType<T>, content?: unknown): Promise<T> => {
    if (content === undefined) return await call(schema, { method: "POST", path });
    const body = [new TextEncoder().encode(JSON.stringify(content))];
    return await call(schema, { method: "POST", path, headers: JSON_TYPE, body });
  };
  const list = async <T>(
    path: string,
    field: string,
    item: z.ZodType<T>,
    query = {},
  ): Promise<T[]> => {
    const all: T[] = [];
    let pageToken: string | undefined;
    do {
      const page = await get(path, pageSchema, { ...query, pageToken });
      all.push(...z.array(item).default([]).parse(page[field]));
      pageToken = page.nextPageToken || undefined;
    } while (pageToken !== undefined);
    return all;
  };
  return { get, post, list };
}
