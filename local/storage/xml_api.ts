import { type V4Key, verifySignedRequest } from "@tintype/gcs/v4_verifier";
import type { Clock } from "@tintype/core/ports/clock";
import type { BlobFiles } from "./blob_files.ts";
import { type Call, contentLengthOf, decodePath, drain, headerOf, type Reply } from "./call.ts";
import { StorageFailure } from "./failures.ts";
import { generationOf } from "./json_api.ts";
import type { LocalObjects } from "./local_objects.ts";
import { readMedia } from "./media_read.ts";
import { attributesOfHeaders } from "./object_attributes.ts";
import type { ObjectDatabase } from "./object_database.ts";
import type { ObjectRecord } from "./object_record.ts";
import { versionHeaders, xmlEtag } from "./object_resource.ts";
import { isNotModified, parsePreconditions, type Preconditions } from "./preconditions.ts";
import type { ResumableSessions } from "./resumable_session.ts";
import { checkRight, identityOf } from "./rights.ts";
import { listBucket } from "./xml_list.ts";
import { putObject } from "./xml_put.ts";

/** What {@link XmlApi} is made of. */
export interface XmlApiOptions {
  readonly objects: LocalObjects;
  readonly sessions: ResumableSessions;
  readonly database: ObjectDatabase;
  readonly blobs: BlobFiles;
  /** The key of an HMAC access id or of a service account's email. */
  readonly findKey: (accessId: string) => V4Key | undefined;
  readonly clock: Clock;
}

interface Target {
  readonly bucket: string;
  readonly name: string;
}

/** The XML API, path-style, for signed requests only (cloud.google.com/storage/docs/xml-api/overview). */
export class XmlApi {
  readonly #options: XmlApiOptions;

  constructor(options: XmlApiOptions) {
    this.#options = options;
  }

  /** Answers a request to `/{bucket}` or `/{bucket}/{object}`; throws V4Rejected where its signature does not hold. */
  async answer(call: Call): Promise<Reply> {
    const { objects, database } = this.#options;
    const { contentSha256, identity } = await this.#verify(call);
    const [, bucketPart = "", objectPart = ""] = /^\/([^/]*)\/?(.*)$/s.exec(call.path) ?? [];
    const target = { bucket: decodePath(bucketPart), name: decodePath(objectPart) };
    objects.bucket(target.bucket);
    if (target.name === "") {
      if (call.method === "GET") return listBucket(database, target.bucket, call);
      throw new StorageFailure("method_not_allowed");
    }
    if (call.method === "GET" || call.method === "HEAD") return await this.#read(call, target);
    if (call.method === "PUT") {
      const preconditions = preconditionsOf(call);
      return await putObject(objects, call, {
        ...target,
        preconditions,
        contentSha256,
        identity,
      });
    }
    if (call.method === "POST") return await this.#start(call, { ...target, identity });
    if (call.method !== "DELETE") throw new StorageFailure("method_not_allowed");
    const generation = generationOf(call.query);
    await objects.remove({ ...target, generation, preconditions: preconditionsOf(call) });
    return { status: 204 };
  }

  /** Who signed, undefined where the table of rights does not know them, and the body's SHA-256 where that was signed. */
  async #verify(
    call: Call,
  ): Promise<{ identity: string | undefined; contentSha256: string | undefined }> {
    const signed = call.query.has("X-Goog-Signature") || call.query.has("x-goog-signature") ||
      headerOf(call, "authorization")?.startsWith("GOOG4-") === true;
    if (!signed) throw new StorageFailure("access_denied", "Anonymous caller.");
    const headers = Object.keys(call.headers)
      .map((name): [string, string] => [name, headerOf(call, name) ?? ""]);
    const { findKey, clock } = this.#options;
    const { contentSha256, email } = await verifySignedRequest(
      { method: call.method, url: call.target, headers },
      { findKey, nowMs: clock.now() },
    );
    const identity = identityOf(email);
    checkRight(identity, call);
    return { identity, contentSha256 };
  }

  async #read(call: Call, target: Target): Promise<Reply> {
    const generation = generationOf(call.query);
    const object = this.#options.objects.object({ ...target, generation });
    const notModified = isNotModified(object, preconditionsOf(call)) || isCached(object, call);
    if (notModified) return { status: 304, headers: versionHeaders(object) };
    const reply = await readMedia(this.#options.blobs, object, call);
    return { ...reply, headers: { ...reply.headers, ...overrides(call.query) } };
  }

  /** A signed `POST` starts a resumable session and serves for nothing else. */
  async #start(
    call: Call,
    target: Target & { readonly identity: string | undefined },
  ): Promise<Reply> {
    if (headerOf(call, "x-goog-resumable") !== "start") {
      throw new StorageFailure("method_not_allowed");
    }
    if ((contentLengthOf(call) ?? 0) > 0) {
      throw new StorageFailure("bad_request", "The request that starts a session has no body.");
    }
    await drain(call.body);
    const id = this.#options.sessions.start({
      ...target,
      api: "xml",
      attributes: attributesOfHeaders(call),
      preconditions: preconditionsOf(call),
      // A signed x-goog-hash on the start is not enforced.
      declared: {},
      origin: headerOf(call, "origin"),
    });
    const location = `${call.baseUrl}${call.path}?upload_id=${id}`;
    return { status: 201, headers: { Location: location, "Content-Length": 0 } };
  }
}

/** The preconditions in the headers: `x-goog-if-generation-match` and so on. */
function preconditionsOf(call: Call): Preconditions {
  return parsePreconditions((name) => {
    const header = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return headerOf(call, `x-goog-if-${header}`);
  });
}

/** RFC 9110, section 13: `If-Match` fails with 412, `If-None-Match` and `If-Modified-Since` are 304. */
function isCached(object: ObjectRecord, call: Call): boolean {
  const names = (tag: string) => (headerOf(call, tag) ?? "").split(",").map((text) => text.trim());
  const has = (tags: string[]) => tags.includes("*") || tags.includes(xmlEtag(object));
  if (call.headers["if-match"] !== undefined && !has(names("if-match"))) {
    throw new StorageFailure("precondition_failed");
  }
  if (call.headers["if-none-match"] !== undefined) return has(names("if-none-match"));
  const since = Date.parse(headerOf(call, "if-modified-since") ?? "");
  return Math.floor(object.updatedMs / 1_000) * 1_000 <= since;
}

function overrides(query: URLSearchParams): Record<string, string> {
  const pairs = [
    ["Content-Type", query.get("response-content-type")],
    ["Content-Disposition", query.get("response-content-disposition")],
  ].filter((pair): pair is [string, string] => pair[1] !== null);
  return Object.fromEntries(pairs);
}
