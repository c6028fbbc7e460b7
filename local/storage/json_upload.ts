import { type DeclaredChecksums, parseHashHeader } from "@tintype/gcs/hash_header";
import { readRelated } from "@tintype/gcs/multipart_related";
import { type Call, headerOf, jsonReply, type Reply } from "../http/call.ts";
import { checkDeclared } from "./content_hasher.ts";
import { StorageFailure } from "./failures.ts";
import { preconditionsOf } from "./json_api.ts";
import type { ObjectDraft } from "./local_objects.ts";
import { mergeAttributes, parseResourceBody, type ResourceBody } from "./object_attributes.ts";
import { objectResource } from "./object_resource.ts";
import type { StorageParts } from "./parts.ts";
import { decodePath, readBody } from "./read_request.ts";

type Upload = (parts: StorageParts, call: Call, bucket: string) => Promise<Reply>;

const UPLOADS: Readonly<Record<string, Upload>> = { resumable: start, multipart, media };

/**
 * Answers `POST /upload/storage/v1/b/{bucket}/o?uploadType=…`, the JSON API's uploads
 * (cloud.google.com/storage/docs/uploads-downloads).
 */
export async function answerUpload(parts: StorageParts, call: Call): Promise<Reply> {
  const part = /^\/upload\/storage\/v1\/b\/([^/]+)\/o\/?$/.exec(call.path)?.[1];
  if (part === undefined) throw new StorageFailure("not_found");
  if (call.method !== "POST") throw new StorageFailure("method_not_allowed");
  const bucket = decodePath(part);
  parts.objects.bucket(bucket);
  const type = call.query.get("uploadType") ?? "";
  const upload = Object.hasOwn(UPLOADS, type) ? UPLOADS[type] : undefined;
  if (upload === undefined) throw new StorageFailure("bad_request", `Invalid upload type: ${type}`);
  return await upload(parts, call, bucket);
}

async function start({ sessions }: StorageParts, call: Call, bucket: string): Promise<Reply> {
  const body = parseResourceBody(await readBody(call));
  const name = nameOf(call, body);
  const contentType = headerOf(call, "x-upload-content-type");
  const { crc32c, md5Hash } = body;
  const id = sessions.start({
    api: "json",
    bucket,
    name,
    attributes: mergeAttributes({ contentType }, body),
    preconditions: preconditionsOf(call.query),
    declared: { crc32c, md5Hash },
    identity: call.identity,
    origin: headerOf(call, "origin"),
  });
  const query = new URLSearchParams({ uploadType: "resumable", name, upload_id: id });
  return {
    status: 200,
    headers: { Location: `${call.baseUrl}${call.path}?${query}`, "Content-Length": 0 },
  };
}

async function multipart(parts: StorageParts, call: Call, bucket: string): Promise<Reply> {
  const { resource, mediaType, media } = await readRelated(
    call.body,
    headerOf(call, "content-type"),
  );
  const body = parseResourceBody(resource);
  const { crc32c, md5Hash } = body;
  const draft = {
    bucket,
    name: nameOf(call, body),
    attributes: mergeAttributes({ contentType: mediaType }, body),
    preconditions: preconditionsOf(call.query),
  };
  return await insert(parts, { ...call, body: media }, draft, { crc32c, md5Hash });
}

async function media(parts: StorageParts, call: Call, bucket: string): Promise<Reply> {
  const draft = {
    bucket,
    name: nameOf(call, {}),
    attributes: { contentType: headerOf(call, "content-type") },
    preconditions: preconditionsOf(call.query),
  };
  return await insert(parts, call, draft, parseHashHeader(headerOf(call, "x-goog-hash")));
}

async function insert(
  { objects }: StorageParts,
  call: Call,
  draft: Omit<ObjectDraft, "bytes" | "identity">,
  declared: DeclaredChecksums,
): Promise<Reply> {
  const bytes = await objects.receive(call.body);
  try {
    checkDeclared(declared, bytes);
  } catch (error) {
    await objects.discard(bytes);
    throw error;
  }
  const object = await objects.commitReceived({ ...draft, bytes, identity: call.identity });
  return jsonReply(200, objectResource(object, call.baseUrl));
}

function nameOf({ query }: Call, body: Pick<ResourceBody, "name">): string {
  const name = query.get("name") ?? body.name;
  if (name === undefined) throw new StorageFailure("bad_request", "Required parameter: name");
  return name;
}
