import { createHash, type Hash } from "node:crypto";
import { parseHashHeader } from "@tintype/gcs/hash_header";
import { verifySignedRequest } from "@tintype/gcs/v4_verifier";
import { type Call, headerOf, type Reply, type RequestBody } from "../http/call.ts";
import { checkDeclared } from "./content_hasher.ts";
import { StorageFailure } from "./failures.ts";
import { generationOf } from "./json_api.ts";
import { attributesOfHeaders } from "./object_attributes.ts";
import type { ObjectRecord } from "./object_record.ts";
import { readMedia, versionHeaders, xmlEtag } from "./object_resource.ts";
import type { StorageParts } from "./parts.ts";
import { isNotModified, parsePreconditions, type Preconditions } from "./preconditions.ts";
import { contentLengthOf, decodePath, drain } from "./read_request.ts";
import { checkRight, identityOf } from "./rights.ts";
import { listBucket } from "./xml_list.ts";

interface Target {
  readonly bucket: string;
  readonly name: string;
  /** Who signed; undefined where the table of rights does not know them. */
  readonly identity: string | undefined;
}

/**
 * Answers `/{bucket}` and `/{bucket}/{object}`: the XML API, path-style, for signed requests only
 * (cloud.google.com/storage/docs/xml-api/overview). Throws V4Rejected where the signature does not hold.
 */
export async function answerXml(parts: StorageParts, call: Call): Promise<Reply> {
  const { objects, database } = parts;
  const { contentSha256, identity } = await verify(parts, call);
  const [, bucketPart = "", objectPart = ""] = /^\/([^/]*)\/?(.*)$/s.exec(call.path) ?? [];
  const target = { bucket: decodePath(bucketPart), name: decodePath(objectPart), identity };
  objects.bucket(target.bucket);
  if (target.name === "") {
    if (call.method === "GET") return listBucket(database, target.bucket, call);
    throw new StorageFailure("method_not_allowed");
  }
  if (call.method === "GET" || call.method === "HEAD") return await read(parts, call, target);
  if (call.method === "PUT") {
    return await put(parts, call, { ...target, contentSha256 });
  }
  if (call.method === "POST") return await start(parts, call, target);
  if (call.method !== "DELETE") throw new StorageFailure("method_not_allowed");
  const generation = generationOf(call.query);
  await objects.remove({ ...target, generation, preconditions: preconditionsOf(call) });
  return { status: 204 };
}

/** Who signed, and the body's SHA-256 where that was signed. */
async function verify({ findKey, clock }: StorageParts, call: Call) {
  const signed = call.query.has("X-Goog-Signature") || call.query.has("x-goog-signature") ||
    headerOf(call, "authorization")?.startsWith("GOOG4-") === true;
  if (!signed) throw new StorageFailure("access_denied", "Anonymous caller.");
  const headers = Object.keys(call.headers)
    .map((name): [string, string] => [name, headerOf(call, name) ?? ""]);
  const { contentSha256, email } = await verifySignedRequest(
    { method: call.method, url: call.target, headers },
    { findKey, nowMs: clock.now() },
  );
  const identity = identityOf(email);
  checkRight(identity, call);
  return { identity, contentSha256 };
}

async function read({ objects, blobs }: StorageParts, call: Call, target: Target): Promise<Reply> {
  const object = objects.object({ ...target, generation: generationOf(call.query) });
  const notModified = isNotModified(object, preconditionsOf(call)) || isCached(object, call);
  if (notModified) return { status: 304, headers: versionHeaders(object) };
  const reply = await readMedia(blobs, object, call);
  return { ...reply, headers: { ...reply.headers, ...overrides(call.query) } };
}

/** A `PUT` of a whole object (cloud.google.com/storage/docs/xml-api/put-object-upload). */
async function put(
  { objects }: StorageParts,
  call: Call,
  { contentSha256, ...target }: Target & { readonly contentSha256: string | undefined },
): Promise<Reply> {
  const length = contentLengthOf(call);
  if (length === undefined && headerOf(call, "transfer-encoding") === undefined) {
    throw new StorageFailure("length_required");
  }
  const { min, max } = parseLengthRange(headerOf(call, "x-goog-content-length-range"));
  if (length !== undefined && length > max) throw new StorageFailure("too_large");
  if (length !== undefined && length < min) throw new StorageFailure("too_small");
  const attributes = attributesOfHeaders(call);
  const sha256 = createHash("sha256");
  const body = contentSha256 === undefined ? call.body : hashed(call.body, sha256);
  const draft = { ...target, preconditions: preconditionsOf(call), attributes };
  const object = await objects.put(body, draft, {
    maxBytes: max,
    check(bytes) {
      if (bytes.size < min) throw new StorageFailure("too_small");
      checkDeclared(parseHashHeader(headerOf(call, "x-goog-hash")), bytes);
      checkDeclared({ md5Hash: headerOf(call, "content-md5") }, bytes);
      if (contentSha256 === undefined) return;
      if (sha256.digest("hex") === contentSha256.toLowerCase()) return;
      throw new StorageFailure("bad_digest", "The body is not the one of x-goog-content-sha256.");
    },
  });
  return { status: 200, headers: { ...versionHeaders(object), "Content-Length": 0 } };
}

async function* hashed(body: RequestBody, hash: Hash): RequestBody {
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Both numbers of `x-goog-content-length-range: 0,1000`, in bytes; throws `bad_request` where it is of another form. */
function parseLengthRange(header: string | undefined): { min: number; max: number } {
  if (header === undefined) return { min: 0, max: Infinity };
  const [, min, max] = /^\s*(\d{1,15})\s*,\s*(\d{1,15})\s*$/.exec(header) ?? [];
  if (min === undefined || max === undefined || Number(min) > Number(max)) {
    throw new StorageFailure("bad_request", "Invalid x-goog-content-length-range.");
  }
  return { min: Number(min), max: Number(max) };
}

/** A signed `POST` starts a resumable session and serves for nothing else. */
async function start({ sessions }: StorageParts, call: Call, target: Target): Promise<Reply> {
  if (headerOf(call, "x-goog-resumable") !== "start") {
    throw new StorageFailure("method_not_allowed");
  }
  if ((contentLengthOf(call) ?? 0) > 0) {
    throw new StorageFailure("bad_request", "The request that starts a session has no body.");
  }
  await drain(call.body);
  const id = sessions.start({
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
