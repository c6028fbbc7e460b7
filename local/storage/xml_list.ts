import type { Call, Reply } from "../http/call.ts";
import { StorageFailure } from "./failures.ts";
import type { ObjectDatabase } from "./object_database.ts";
import { listObjects } from "./object_list.ts";
import type { ObjectRecord } from "./object_record.ts";
import { xmlEtag } from "./object_resource.ts";
import { wholeNumber } from "./read_request.ts";
import { element, xmlReply } from "./xml_errors.ts";

const NAMESPACE = "http://doc.s3.amazonaws.com/2006-03-01";

/** Answers `GET /{bucket}?list-type=2` (cloud.google.com/storage/docs/xml-api/get-bucket-list). */
export function listBucket(database: ObjectDatabase, bucket: string, { query }: Call): Reply {
  if (query.get("list-type") !== "2") {
    throw new StorageFailure("bad_request", "Only list-type=2 is there.");
  }
  const encode = query.get("encoding-type") === "url" ? encodeURIComponent : String;
  const taken = (name: string) => query.get(name) || undefined;
  const maxKeys = Math.min(wholeNumber(taken("max-keys"), "maximum of results") ?? 1_000, 1_000);
  const page = listObjects(database, {
    bucket,
    prefix: taken("prefix"),
    delimiter: taken("delimiter"),
    startAfter: taken("start-after"),
    pageToken: taken("continuation-token"),
    maxResults: maxKeys,
  });
  const optional = (tag: string, value: string | undefined) =>
    value === undefined ? "" : element(tag, value);
  const parts = [
    element("Name", bucket),
    element("Prefix", encode(query.get("prefix") ?? "")),
    optional("Delimiter", taken("delimiter")),
    optional("StartAfter", taken("start-after")),
    optional("ContinuationToken", taken("continuation-token")),
    optional("NextContinuationToken", page.nextPageToken),
    element("KeyCount", page.objects.length + page.prefixes.length),
    element("MaxKeys", maxKeys),
    element("IsTruncated", String(page.nextPageToken !== undefined)),
    ...page.objects.map((object) => contents(object, encode)),
    ...page.prefixes.map((prefix) =>
      `<CommonPrefixes>${element("Prefix", encode(prefix))}</CommonPrefixes>`
    ),
  ];
  return xmlReply(
    200,
    `<ListBucketResult xmlns="${NAMESPACE}">${parts.join("")}</ListBucketResult>`,
  );
}

function contents(object: ObjectRecord, encode: (text: string) => string): string {
  const fields = [
    element("Key", encode(object.name)),
    element("Generation", object.generation),
    element("MetaGeneration", object.metageneration),
    element("LastModified", new Date(object.updatedMs).toISOString()),
    element("ETag", xmlEtag(object)),
    element("Size", object.size),
    element("StorageClass", "STANDARD"),
  ];
  return `<Contents>${fields.join("")}</Contents>`;
}
