import { type DeclaredChecksums, parseHashHeader } from "@tintype/gcs/hash_header";
import { readRelated } from "@tintype/gcs/multipart_related";
import { type Call, headerOf, jsonReply, type Reply } from "../http/call.ts";
import type { Route, RoutedCall } from "../http/declared_routes.ts";
import { checkDeclared } from "./content_hasher.ts";
import { StorageFailure } from "./failures.ts";
import { mergeAttributes, parseResourceBody, type ResourceBody } from "./object_attributes.ts";
import type { ObjectAttributes } from "./object_record.ts";
import { OBJECT_FIELDS, objectResource } from "./object_resource.ts";
import type { StorageParts } from "./parts.ts";
import { PRECONDITION_QUERY, preconditionsOfQuery } from "./preconditions.ts";
import { givenOf, readBody, wholeNumber } from "./read_request.ts";

/** Query parameters of every upload. */
export const UPLOAD_QUERY = `name contentEncoding projection=noAcl|full ${PRECONDITION_QUERY}`;
const UPLOAD_HEADERS = "x-goog-hash x-upload-content-type x-upload-content-length";
const UPLOAD = "/upload/storage/v1/b/{bucket}/o";

/** The JSON API's uploads (cloud.google.com/storage/docs/uploads-downloads). */
export const UPLOAD_ROUTES: Readonly<Record<string, Route<StorageParts>>> = {
  [`POST ${UPLOAD}`]: {
    verb: "create",
    query: `${UPLOAD_QUERY} uploadType=resumable|multipart|media`,
    headers: UPLOAD_HEADERS,
    fields: OBJECT_FIELDS,
    async run(parts, call) {
      parts.objects.bucket(call.name("bucket"));
      const type = call.query.get("uploadType");
      if (type === "resumable") return await start(parts, call);
      return await (type === "multipart" ? multipart : media)(parts, call);
    },
  },
  // As gsutil calls it.
  [`POST /resumable${UPLOAD}`]: {
    verb: "create",
    query: `${UPLOAD_QUERY} uploadType=resumable`,
    headers: UPLOAD_HEADERS,
    fields: OBJECT_FIELDS,
    run: start,
  },
};

async function start({ sessions }: StorageParts, call: RoutedCall): Promise<Reply> {
  const body = parseResourceBody(await readBody(call));
  const name = nameOf(call, body);
  const size = wholeNumber(headerOf(call, "x-upload-content-length"), "X-Upload-Content-Length");
  const contentType = headerOf(call, "x-upload-content-type");
  const { crc32c, md5Hash } = body;
  const id = sessions.start({
    api: "json",
    bucket: call.name("bucket"),
    name,
    attributes: mergeAttributes({ contentType, ...encodingOf(call) }, body),
    preconditions: preconditionsOfQuery(call.query),
    declared: { crc32c, md5Hash, size },
    identity: call.identity,
    origin: headerOf(call, "origin"),
  });
  const query = new URLSearchParams(call.query);
  query.set("name", name);
  query.set("upload_id", id);
  return {
    status: 200,
    headers: { Location: `${call.baseUrl}${call.path}?${query}`, "Content-Length": 0 },
  };
}

async function multipart(parts: StorageParts, call: RoutedCall): Promise<Reply> {
  const related = await readRelated(call.body, headerOf(call, "content-type"));
  const body = parseResourceBody(related.resource);
  return await insert(parts, { ...call, body: related.media }, {
    name: nameOf(call, body),
    attributes: mergeAttributes({ contentType: related.mediaType, ...encodingOf(call) }, body),
    declared: body,
  });
}

async function media(parts: StorageParts, call: RoutedCall): Promise<Reply> {
  return await insert(parts, call, {
    name: nameOf(call, {}),
    attributes: { contentType: headerOf(call, "content-type"), ...encodingOf(call) },
    declared: parseHashHeader(headerOf(call, "x-goog-hash")),
  });
}

/** An object that comes as one body. */
interface Insertion {
  readonly name: string;
  readonly attributes: ObjectAttributes;
  readonly declared: DeclaredChecksums;
}

async function insert(
  { objects }: StorageParts,
  { body, query, identity, baseUrl, name }: RoutedCall,
  { declared, ...insertion }: Insertion,
): Promise<Reply> {
  const preconditions = preconditionsOfQuery(query);
  const draft = { ...insertion, bucket: name("bucket"), preconditions, identity };
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

function encodingOf({ query }: Call): Pick<ObjectAttributes, "contentEncoding"> {
  return { contentEncoding: givenOf(query, "contentEncoding") };
}
