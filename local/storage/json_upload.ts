import { type DeclaredChecksums, parseHashHeader } from "@tintype/gcs/hash_header";
import { readRelated } from "@tintype/gcs/multipart_related";
import { type Call, headerOf, jsonReply, type Reply } from "../http/call.ts";
import { checkDeclared } from "./content_hasher.ts";
import { StorageFailure } from "./failures.ts";
import { preconditionsOf } from "./json_api.ts";
import { mergeAttributes, parseResourceBody, type ResourceBody } from "./object_attributes.ts";
import type { ObjectAttributes } from "./object_record.ts";
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
  const related = await readRelated(call.body, headerOf(call, "content-type"));
  const body = parseResourceBody(related.resource);
  return await insert(parts, { ...call, body: related.media }, {
    bucket,
    name: nameOf(call, body),
    attributes: mergeAttributes({ contentType: related.mediaType }, body),
    declared: body,
  });
}

async function media(parts: StorageParts, call: Call, bucket: string): Promise<Reply> {
  return await insert(parts, call, {
    bucket,
    name: nameOf(call, {}),
    attributes: { contentType: headerOf(call, "content-type") },
    declared: parseHashHeader(headerOf(call, "x-goog-hash")),
  });
}

/** An object that comes as one body. */
interface Insertion {
  readonly bucket: string;
  readonly name: string;
  readonly attributes: ObjectAttributes;
  readonly declared: DeclaredChecksums;
}

async function insert(
  { objects }: StorageParts,
  { body, query, identity, baseUrl }: Call,
  { declared, ...insertion }: Insertion,
): Promise<Reply> {
  const draft = { ...insertion, preconditions: preconditionsOf(query), identity };
  const object = await objects.put(body, draft, {
    check: (bytes) => checkDeclared(declared, bytes),
  });
  return jsonReply(200, objectResource(object, baseUrl));
}

function nameOf({ query }: Call, body: Pick<ResourceBody, "name">): string {
  const name = query.get("name") ?? body.name;
  if (name === undefined) throw new StorageFailure("bad_request", "Required parameter: name");
  return name;
}
