import { type Call, jsonReply, type Reply } from "../http/call.ts";
import { StorageFailure } from "./failures.ts";
import { answerBuckets, answerNotifications } from "./json_buckets.ts";
import type { ObjectTarget } from "./local_objects.ts";
import { mergeAttributes, parseResourceBody } from "./object_attributes.ts";
import { listObjects } from "./object_list.ts";
import { jsonEtag, objectResource, readMedia } from "./object_resource.ts";
import type { StorageParts } from "./parts.ts";
import { isNotModified, parsePreconditions, type Preconditions } from "./preconditions.ts";
import { decodePath, readBody, wholeNumber } from "./read_request.ts";

/**
 * Answers `/storage/v1/…` and `/download/storage/v1/…`: the JSON API without its uploads
 * (cloud.google.com/storage/docs/json_api/v1). Callers of the main port act as the project's owner: on one machine, who
 * can reach it can read its files. A port of an identity has its rights only.
 */
export async function answerJson(parts: StorageParts, call: Call): Promise<Reply> {
  const [b, bucketPart, o, objectPart, ...more] = call.path
    .replace(/^\/(download\/)?storage\/v1\//, "").split("/");
  if (b !== "b") throw new StorageFailure("not_found");
  const bucket = decodePath(bucketPart ?? "");
  if (o === undefined) return await answerBuckets(parts, call, bucket);
  if (o === "notificationConfigs") return answerNotifications(parts, call, bucket);
  if (o !== "o" || more.length > 0) throw new StorageFailure("not_found");
  const name = decodePath(objectPart ?? "");
  if (name !== "") return await answerObject(parts, call, { bucket, name });
  if (call.method === "GET") return list(parts, call, bucket);
  throw new StorageFailure("method_not_allowed");
}

async function answerObject(
  parts: StorageParts,
  call: Call,
  id: Pick<ObjectTarget, "bucket" | "name">,
): Promise<Reply> {
  const { objects } = parts;
  const preconditions = preconditionsOf(call.query);
  const target = { ...id, generation: generationOf(call.query), preconditions };
  if (call.method === "GET") return await get(parts, call, target);
  if (call.method === "DELETE") {
    await objects.remove(target);
    return { status: 204 };
  }
  if (call.method !== "PATCH" && call.method !== "PUT") {
    throw new StorageFailure("method_not_allowed");
  }
  const body = parseResourceBody(await readBody(call));
  const replaces = call.method === "PUT";
  const object = objects.update(
    target,
    (before) => mergeAttributes(replaces ? {} : before, body),
  );
  return jsonReply(200, objectResource(object, call.baseUrl));
}

async function get(
  { objects, blobs }: StorageParts,
  call: Call,
  target: ObjectTarget & { readonly preconditions: Preconditions },
): Promise<Reply> {
  const object = objects.object(target);
  if (isNotModified(object, target.preconditions)) return { status: 304 };
  if (call.query.get("alt") === "media") return await readMedia(blobs, object, call);
  return jsonReply(200, objectResource(object, call.baseUrl), { ETag: jsonEtag(object) });
}

function list({ objects, database }: StorageParts, { query, baseUrl }: Call, bucket: string) {
  objects.bucket(bucket);
  const given = (name: string) => query.get(name) ?? undefined;
  const page = listObjects(database, {
    bucket,
    prefix: given("prefix"),
    delimiter: given("delimiter"),
    startOffset: given("startOffset"),
    endOffset: given("endOffset"),
    pageToken: given("pageToken") || undefined,
    maxResults: wholeNumber(given("maxResults") || undefined, "maximum of results"),
  });
  const items = page.objects.map((object) => objectResource(object, baseUrl));
  return jsonReply(200, {
    kind: "storage#objects",
    nextPageToken: page.nextPageToken,
    prefixes: page.prefixes.length === 0 ? undefined : page.prefixes,
    items: items.length === 0 ? undefined : items,
  });
}

/** The preconditions in a query: `ifGenerationMatch`, `ifMetagenerationNotMatch` and so on. */
export function preconditionsOf(query: URLSearchParams): Preconditions {
  return parsePreconditions((name) => query.get(`if${name[0]?.toUpperCase()}${name.slice(1)}`));
}

/** The generation that a query asks for, undefined for the live one. */
export function generationOf(query: URLSearchParams): number | undefined {
  return wholeNumber(query.get("generation") || undefined, "generation");
}
