import type { BlobFiles } from "./blob_files.ts";
import { type Call, decodePath, readText, type Reply } from "./call.ts";
import { StorageFailure } from "./failures.ts";
import type { JsonBuckets } from "./json_buckets.ts";
import { jsonReply } from "./json_reply.ts";
import type { LocalObjects } from "./local_objects.ts";
import { readMedia } from "./media_read.ts";
import { mergeAttributes, parseResourceBody } from "./object_attributes.ts";
import type { ObjectDatabase } from "./object_database.ts";
import { listObjects } from "./object_list.ts";
import { jsonEtag, objectResource } from "./object_resource.ts";
import { isNotModified, parsePreconditions, type Preconditions } from "./preconditions.ts";

const MAX_BODY_BYTES = 1024 * 1024;

/** What {@link JsonApi} is made of. */
export interface JsonApiOptions {
  readonly buckets: JsonBuckets;
  readonly objects: LocalObjects;
  readonly database: ObjectDatabase;
  readonly blobs: BlobFiles;
}

/**
 * The JSON API but its uploads (cloud.google.com/storage/docs/json_api/v1). Whoever calls the main port acts as the
 * project's owner: on one machine, who can reach it can read its files. A port of an identity has its rights only.
 */
export class JsonApi {
  readonly #options: JsonApiOptions;

  constructor(options: JsonApiOptions) {
    this.#options = options;
  }

  /** Answers a request to `/storage/v1/…` or `/download/storage/v1/…`. */
  async answer(call: Call): Promise<Reply> {
    const [b, bucketPart, o, objectPart, ...more] = call.path
      .replace(/^\/(download\/)?storage\/v1\//, "").split("/");
    if (b !== "b") throw new StorageFailure("not_found");
    const bucket = decodePath(bucketPart ?? "");
    if (o === undefined) return await this.#options.buckets.answer(call, bucket);
    if (o === "notificationConfigs") return this.#options.buckets.notifications(call, bucket);
    if (o !== "o" || more.length > 0) throw new StorageFailure("not_found");
    const name = decodePath(objectPart ?? "");
    if (name !== "") return await this.#object(call, { bucket, name });
    if (call.method === "GET") return this.#list(call, bucket);
    throw new StorageFailure("method_not_allowed");
  }

  async #object(call: Call, id: { bucket: string; name: string }): Promise<Reply> {
    const { objects } = this.#options;
    const target = { ...id, generation: generationOf(call.query) };
    const preconditions = preconditionsOf(call.query);
    if (call.method === "GET") return await this.#get(call, { ...target, preconditions });
    if (call.method === "DELETE") {
      await objects.remove({ ...target, preconditions });
      return { status: 204 };
    }
    if (call.method !== "PATCH" && call.method !== "PUT") {
      throw new StorageFailure("method_not_allowed");
    }
    const body = parseResourceBody(await readText(call.body, MAX_BODY_BYTES));
    const replaces = call.method === "PUT";
    const object = objects.update(
      { ...target, preconditions },
      (before) => mergeAttributes(replaces ? {} : before, body),
    );
    return jsonReply(200, objectResource(object, call.baseUrl));
  }

  async #get(
    call: Call,
    target: {
      bucket: string;
      name: string;
      generation: number | undefined;
      preconditions: Preconditions;
    },
  ): Promise<Reply> {
    const object = this.#options.objects.object(target);
    if (isNotModified(object, target.preconditions)) return { status: 304 };
    if (call.query.get("alt") === "media") {
      return await readMedia(this.#options.blobs, object, call);
    }
    return jsonReply(200, objectResource(object, call.baseUrl), { ETag: jsonEtag(object) });
  }

  #list({ query, baseUrl }: Call, bucket: string): Reply {
    this.#options.objects.bucket(bucket);
    const taken = (name: string) => query.get(name) ?? undefined;
    const { objects, prefixes, nextPageToken } = listObjects(this.#options.database, {
      bucket,
      prefix: taken("prefix"),
      delimiter: taken("delimiter"),
      startOffset: taken("startOffset"),
      endOffset: taken("endOffset"),
      pageToken: taken("pageToken") || undefined,
      maxResults: parseMaxResults(taken("maxResults")),
    });
    const items = objects.map((object) => objectResource(object, baseUrl));
    return jsonReply(200, {
      kind: "storage#objects",
      nextPageToken,
      prefixes: prefixes.length === 0 ? undefined : prefixes,
      items: items.length === 0 ? undefined : items,
    });
  }
}

/** The preconditions in a query: `ifGenerationMatch`, `ifMetagenerationNotMatch` and so on. */
export function preconditionsOf(query: URLSearchParams): Preconditions {
  return parsePreconditions((name) => query.get(`if${name[0]?.toUpperCase()}${name.slice(1)}`));
}

/** The number of results that a listing may hold; throws `bad_request` where it is none. */
export function parseMaxResults(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new StorageFailure("bad_request", `Invalid maximum of results: ${text}`);
}

/** The generation that a query asks for, undefined for the live one. */
export function generationOf(query: URLSearchParams): number | undefined {
  const text = query.get("generation");
  if (text === null || text === "") return undefined;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw new StorageFailure("bad_request", `Invalid generation: ${text}`);
}
