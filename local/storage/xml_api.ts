import { createHash, type Hash } from "node:crypto";
import { parseHashHeader } from "@tintype/gcs/hash_header";
import { verifySignedRequest } from "@tintype/gcs/v4_verifier";
import { type Call, headerOf, type Reply, type RequestBody } from "../http/call.ts";
import { DeclaredRoutes, type Route, type RoutedCall } from "../http/declared_routes.ts";
import { notEmulated } from "../http/refusal.ts";
import { checkDeclared } from "./content_hasher.ts";
import { StorageFailure } from "./failures.ts";
import { attributesOfHeaders } from "./object_attributes.ts";
import type { ObjectRecord } from "./object_record.ts";
import { readMedia, versionHeaders, xmlEtag } from "./object_resource.ts";
import type { StorageParts } from "./parts.ts";
import { isNotModified, PRECONDITION_HEADERS, preconditionsOfHeaders } from "./preconditions.ts";
import { contentLengthOf, drain, givenOf, wholeNumber } from "./read_request.ts";
import { checkRight, identityOf } from "./rights.ts";
import { LIST_QUERY, listBucket } from "./xml_list.ts";

/** What a routed XML request stands on. */
interface XmlContext extends StorageParts {
  /** Who signed, or whose port was called; undefined for the project's owner and whom the table of rights does not know. */
  readonly caller: string | undefined;
  /** The body's SHA-256 where that was signed. */
  readonly contentSha256: string | undefined;
}

const OBJECT = "/{bucket}/{object*}";
const SIGNATURE =
  "X-Goog-Algorithm X-Goog-Credential X-Goog-Date X-Goog-Expires X-Goog-SignedHeaders X-Goog-Signature";
const WRITE_HEADERS =
  `x-goog-meta-* x-goog-custom-time content-encoding x-goog-content-length-range x-goog-hash ${PRECONDITION_HEADERS}`;
const readRoute: Route<XmlContext> = {
  verb: "read",
  query: "generation response-content-type response-content-disposition",
  headers: `if-match if-none-match if-modified-since ${PRECONDITION_HEADERS}`,
  run: read,
};

/** The XML API, path-style (cloud.google.com/storage/docs/xml-api/overview). */
export const XML_ROUTES = new DeclaredRoutes<XmlContext>({
  "GET /{bucket}": { verb: "list", query: LIST_QUERY, run: listBucket },
  [`GET ${OBJECT}`]: readRoute,
  [`HEAD ${OBJECT}`]: readRoute,
  [`PUT ${OBJECT}`]: { verb: "create", headers: WRITE_HEADERS, run: put },
  [`POST ${OBJECT}`]: {
    verb: "create",
    headers: `${WRITE_HEADERS} x-goog-resumable`,
    run: start,
  },
  [`DELETE ${OBJECT}`]: {
    verb: "remove",
    query: "generation",
    headers: PRECONDITION_HEADERS,
    async run({ objects }, call) {
      await objects.remove({ ...targetOf(call), preconditions: preconditionsOfHeaders(call) });
      return { status: 204 };
    },
  },
}, {
  query: `${SIGNATURE} ${SIGNATURE.toLowerCase()}`,
  headers: "x-goog-date x-goog-content-sha256",
  maxBodyBytes: 0,
});

/**
 * Responds to `/{bucket}` and `/{bucket}/{object}`, for requests that are signed or bear a token (whichever: it is the caller's
 * of the port). Throws V4Rejected where the signature does not hold.
 */
export async function answerXml(parts: StorageParts, call: Call): Promise<Reply> {
  const { contentSha256, caller } = await verify(parts, call);
  return await XML_ROUTES.answer({ ...parts, caller, contentSha256 }, call, (routed, route) => {
    checkRight(caller, routed, route);
    parts.objects.bucket(routed.name("bucket"));
  });
}

async function verify({ findKey, clock }: StorageParts, call: Call) {
  const authorization = headerOf(call, "authorization") ?? "";
  if (/^Bearer \S/.test(authorization)) return { caller: call.identity, contentSha256: undefined };
  const signed = call.query.has("X-Goog-Signature") || call.query.has("x-goog-signature") ||
    authorization.startsWith("GOOG4-");
  if (!signed) throw new StorageFailure("access_denied", "Anonymous caller.");
  const headers = Object.keys(call.headers)
    .map((name): [string, string] => [name, headerOf(call, name) ?? ""]);
  const { contentSha256, email } = await verifySignedRequest(
    { method: call.method, url: call.target, headers },
    { findKey, nowMs: clock.now() },
  );
  return { caller: identityOf(email), contentSha256 };
}

function targetOf({ name, query }: RoutedCall) {
  const generation = wholeNumber(givenOf(query, "generation"), "generation");
  return { bucket: name("bucket"), name: name("object"), generation };
}

async function read({ objects, blobs }: XmlContext, call: RoutedCall): Promise<Reply> {
  const object = objects.object(targetOf(call));
  const notModified = isNotModified(object, preconditionsOfHeaders(call)) || isCached(object, call);
  if (notModified) return { status: 304, headers: versionHeaders(object) };
  const reply = await readMedia(blobs, object, call);
  return { ...reply, headers: { ...reply.headers, ...overrides(call.query) } };
}

/** A `PUT` of a whole object (cloud.google.com/storage/docs/xml-api/put-object-upload). */
async function put(
  { objects, caller: identity, contentSha256 }: XmlContext,
  call: RoutedCall,
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
  const draft = { ...targetOf(call), identity, attributes };
  const object = await objects.put(
    body,
    { ...draft, preconditions: preconditionsOfHeaders(call) },
    {
      maxBytes: max,
      check(bytes) {
        if (bytes.size < min) throw new StorageFailure("too_small");
        checkDeclared(parseHashHeader(headerOf(call, "x-goog-hash")), bytes);
        checkDeclared({ md5Hash: headerOf(call, "content-md5") }, bytes);
        if (contentSha256 === undefined) return;
        if (sha256.digest("hex") === contentSha256.toLowerCase()) return;
        throw new StorageFailure("bad_digest", "The body is not the one of x-goog-content-sha256.");
      },
    },
  );
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
async function start(
  { sessions, caller: identity }: XmlContext,
  call: RoutedCall,
): Promise<Reply> {
  if (headerOf(call, "x-goog-resumable") !== "start") {
    throw notEmulated("a POST without x-goog-resumable: start");
  }
  if ((contentLengthOf(call) ?? 0) > 0) {
    throw new StorageFailure("bad_request", "The request that starts a session has no body.");
  }
  await drain(call.body);
  const id = sessions.start({
    bucket: call.name("bucket"),
    name: call.name("object"),
    identity,
    api: "xml",
    attributes: attributesOfHeaders(call),
    preconditions: preconditionsOfHeaders(call),
    // A signed x-goog-hash on the start is not enforced.
    declared: {},
    origin: headerOf(call, "origin"),
  });
  const location = `${call.baseUrl}${call.path}?upload_id=${id}`;
  return { status: 201, headers: { Location: location, "Content-Length": 0 } };
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
