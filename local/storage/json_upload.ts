import { type DeclaredChecksums, parseHashHeader } from "@tintype/gcs/hash_header";
import { readRelated } from "@tintype/gcs/multipart_related";
import { type Call, decodePath, headerOf, readText, type Reply } from "./call.ts";
import { checkDeclared } from "./content_hasher.ts";
import { StorageFailure } from "./failures.ts";
import { preconditionsOf } from "./json_api.ts";
import { jsonReply } from "./json_reply.ts";
import type { LocalObjects, ObjectDraft } from "./local_objects.ts";
import { mergeAttributes, parseResourceBody, type ResourceBody } from "./object_attributes.ts";
import { objectResource } from "./object_resource.ts";
import type { ResumableSessions } from "./resumable_session.ts";

const MAX_BODY_BYTES = 1024 * 1024;

/** What {@link JsonUpload} is made of. */
export interface JsonUploadOptions {
  readonly objects: LocalObjects;
  readonly sessions: ResumableSessions;
}

/** The JSON API's uploads (cloud.google.com/storage/docs/uploads-downloads): media, multipart, resumable. */
export class JsonUpload {
  readonly #options: JsonUploadOptions;

  constructor(options: JsonUploadOptions) {
    this.#options = options;
  }

  /** Answers `POST /upload/storage/v1/b/{bucket}/o?uploadType=…`. */
  async answer(call: Call): Promise<Reply> {
    const part = /^\/upload\/storage\/v1\/b\/([^/]+)\/o\/?$/.exec(call.path)?.[1];
    if (part === undefined) throw new StorageFailure("not_found");
    if (call.method !== "POST") throw new StorageFailure("method_not_allowed");
    const bucket = decodePath(part);
    this.#options.objects.bucket(bucket);
    const type = call.query.get("uploadType");
    if (type === "resumable") return await this.#start(call, bucket);
    if (type === "multipart") return await this.#multipart(call, bucket);
    if (type === "media") return await this.#media(call, bucket);
    throw new StorageFailure("bad_request", `Invalid upload type: ${type}`);
  }

  async #start(call: Call, bucket: string): Promise<Reply> {
    const body = parseResourceBody(await readText(call.body, MAX_BODY_BYTES));
    const name = nameOf(call, body);
    const contentType = headerOf(call, "x-upload-content-type");
    const { crc32c, md5Hash } = body;
    const id = this.#options.sessions.start({
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

  async #multipart(call: Call, bucket: string): Promise<Reply> {
    const parts = await readRelated(call.body, headerOf(call, "content-type"));
    const body = parseResourceBody(parts.resource);
    const { crc32c, md5Hash } = body;
    const draft = {
      bucket,
      name: nameOf(call, body),
      attributes: mergeAttributes({ contentType: parts.mediaType }, body),
      preconditions: preconditionsOf(call.query),
    };
    return await this.#insert(draft, { ...call, body: parts.media }, { crc32c, md5Hash });
  }

  async #media(call: Call, bucket: string): Promise<Reply> {
    const draft = {
      bucket,
      name: nameOf(call, {}),
      attributes: { contentType: headerOf(call, "content-type") },
      preconditions: preconditionsOf(call.query),
    };
    return await this.#insert(draft, call, parseHashHeader(headerOf(call, "x-goog-hash")));
  }

  async #insert(
    draft: Omit<ObjectDraft, "bytes" | "identity">,
    call: Call,
    declared: DeclaredChecksums,
  ): Promise<Reply> {
    const { objects } = this.#options;
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
}

function nameOf({ query }: Call, body: Pick<ResourceBody, "name">): string {
  const name = query.get("name") ?? body.name;
  if (name === undefined) throw new StorageFailure("bad_request", "Required parameter: name");
  return name;
}
