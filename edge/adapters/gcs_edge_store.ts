import type { ObjectName } from "@tintype/core/model/object_name";
import type {
  CreateOutcome,
  ListPage,
  ListQuery,
  ObjectBody,
  ObjectCreator,
  ObjectFacts,
  ObjectLister,
  ObjectReader,
  WriteOptions,
} from "@tintype/core/ports/object_store";
import { type GcsClient, readRefusal, unexpected } from "./gcs_client.ts";
import { readListing } from "./xml_listing.ts";

/** The largest body that {@link GcsEdgeStore.create} sends, in bytes; storage holds the edge to it. */
export const MAX_CREATE_BYTES = 10 * 1024 * 1024;

/**
 * One bucket by signed requests of the XML API, with the rights that the edge has: create, list, read.
 * Listings know names, generations, sizes and times only. A streamed create is sent once; everything else up to
 * three times.
 */
export class GcsEdgeStore implements ObjectCreator, ObjectLister, ObjectReader {
  readonly #client: GcsClient;
  readonly #bucket: string;

  constructor(client: GcsClient, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async create(name: ObjectName, body: ObjectBody, options: WriteOptions): Promise<CreateOutcome> {
    const request = {
      method: "PUT",
      bucket: this.#bucket,
      object: name,
      headers: {
        ...createHeaders(options),
        "x-goog-content-length-range": `0,${MAX_CREATE_BYTES}`,
      },
      body,
      signal: options.signal,
    } as const;
    const response = body instanceof Uint8Array
      ? await this.#client.send(request)
      : await this.#client.sendOnce(request);
    if (response.ok) {
      await response.body?.cancel();
      return { created: true, generation: response.headers.get("x-goog-generation") ?? "0" };
    }
    const refusal = await readRefusal(response);
    // An identity that may only create sees either of them over an object that is there.
    if (refusal.status === 412) return { created: false };
    if (refusal.status === 403 && refusal.namesDeletePermission) return { created: false };
    throw unexpected(refusal);
  }

  async list(query: ListQuery): Promise<ListPage> {
    const response = await this.#client.send({
      method: "GET",
      bucket: this.#bucket,
      query: listParameters(query),
      signal: query.signal,
    });
    if (!response.ok) throw unexpected(await readRefusal(response));
    return readListing(await response.text());
  }

  async stat(...[name, options]: Parameters<ObjectReader["stat"]>): Promise<ObjectFacts | null> {
    const response = await this.#client.send({
      method: "HEAD",
      bucket: this.#bucket,
      object: name,
      signal: options?.signal,
    });
    if (response.status === 404) return null;
    if (!response.ok) throw unexpected({ ...NO_BODY, status: response.status });
    return factsOf(name, response.headers);
  }

  async read(...[name, options]: Parameters<ObjectReader["read"]>) {
    const response = await this.#get(name, { ...options });
    if (response === null) return null;
    return new Uint8Array(await response.arrayBuffer());
  }

  async readRange(...[name, range]: Parameters<ObjectReader["readRange"]>) {
    if (range.length === 0) return new Uint8Array();
    const unsignedHeaders = { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
    const response = await this.#get(name, { ...range, unsignedHeaders });
    if (response === null) return null;
    if (response.status === 416) return new Uint8Array();
    return new Uint8Array(await response.arrayBuffer());
  }

  async #get(
    name: ObjectName,
    options: {
      readonly generation?: string;
      readonly unsignedHeaders?: Readonly<Record<string, string>>;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Response | null> {
    const { generation, unsignedHeaders = {}, signal } = options;
    const response = await this.#client.send({
      method: "GET",
      bucket: this.#bucket,
      object: name,
      query: generation === undefined ? {} : { generation },
      unsignedHeaders,
      signal,
    });
    if (response.ok || response.status === 416) return response;
    const refusal = await readRefusal(response);
    if (refusal.status === 404) return null;
    throw unexpected(refusal);
  }
}

/** The headers of a create-only write: type, custom time, metadata, precondition. */
export function createHeaders(
  { contentType, customTimeMs, metadata = {} }: Pick<
    WriteOptions,
    "contentType" | "customTimeMs" | "metadata"
  >,
): Record<string, string> {
  const custom = Object.entries(metadata).map(([name, value]) => [`x-goog-meta-${name}`, value]);
  return {
    "content-type": contentType,
    "x-goog-custom-time": new Date(customTimeMs).toISOString(),
    "x-goog-if-generation-match": "0",
    ...Object.fromEntries(custom),
  };
}

const NO_BODY = { code: undefined, namesDeletePermission: false } as const;

function listParameters(query: ListQuery): Record<string, string> {
  const { prefix, startOffset, delimiter, maxResults, pageToken } = query;
  return {
    "list-type": "2",
    prefix,
    ...(maxResults === undefined ? {} : { "max-keys": String(maxResults) }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(pageToken === undefined ? {} : { "continuation-token": pageToken }),
    ...(startOffset === undefined ? {} : { "start-after": nameBefore(startOffset) }),
  };
}

/** A text below `name` with none of our names (ASCII up to `z`) between: `start-after` leaves its own name out. */
function nameBefore(name: string): string {
  const last = name.charCodeAt(name.length - 1);
  return Number.isNaN(last) ? "" : `${name.slice(0, -1)}${String.fromCharCode(last - 1)}~`;
}

function factsOf(name: string, headers: Headers): ObjectFacts {
  const customTime = Date.parse(headers.get("x-goog-custom-time") ?? "");
  const metadata = [...headers].filter(([key]) => key.startsWith("x-goog-meta-"));
  return {
    name,
    generation: headers.get("x-goog-generation") ?? "0",
    size: Number(headers.get("x-goog-stored-content-length") ?? headers.get("content-length")),
    contentType: headers.get("content-type") ?? undefined,
    customTimeMs: Number.isNaN(customTime) ? undefined : customTime,
    createdMs: Date.parse(headers.get("last-modified") ?? ""),
    crc32c: /crc32c=([A-Za-z0-9+/=]+)/.exec(headers.get("x-goog-hash") ?? "")?.[1],
    metadata: Object.fromEntries(metadata.map(([key, value]) => [key.slice(12), value])),
  };
}
