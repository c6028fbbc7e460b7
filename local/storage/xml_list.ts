import type { Reply } from "../http/call.ts";
import type { RoutedCall } from "../http/declared_routes.ts";
import { notEmulated } from "../http/refusal.ts";
import { listObjects } from "./object_list.ts";
import type { ObjectRecord } from "./object_record.ts";
import { xmlEtag } from "./object_resource.ts";
import type { StorageParts } from "./parts.ts";
import { givenOf, wholeNumber } from "./read_request.ts";
import { elements, xmlReply } from "./xml_errors.ts";

const NAMESPACE = "http://doc.s3.amazonaws.com/2006-03-01";

/** Query parameters of a list. */
export const LIST_QUERY =
  "list-type=2 encoding-type=url max-keys prefix delimiter start-after continuation-token";

/** Responds to `GET /{bucket}?list-type=2` (cloud.google.com/storage/docs/xml-api/get-bucket-list). */
export function listBucket(
  { database }: Pick<StorageParts, "database">,
  { query, name }: RoutedCall,
): Reply {
  if (!query.has("list-type")) throw notEmulated("a list without list-type=2");
  const bucket = name("bucket");
  const encode = query.get("encoding-type") === "url" ? encodeURIComponent : String;
  const taken = (parameter: string) => givenOf(query, parameter);
  const maxKeys = Math.min(wholeNumber(taken("max-keys"), "maximum of results") ?? 1_000, 1_000);
  const page = listObjects(database, {
    bucket,
    prefix: taken("prefix"),
    delimiter: taken("delimiter"),
    startAfter: taken("start-after"),
    pageToken: taken("continuation-token"),
    maxResults: maxKeys,
  });
  const head = elements({
    Name: bucket,
    Prefix: encode(query.get("prefix") ?? ""),
    Delimiter: taken("delimiter"),
    StartAfter: taken("start-after"),
    ContinuationToken: taken("continuation-token"),
    NextContinuationToken: page.nextPageToken,
    KeyCount: page.objects.length + page.prefixes.length,
    MaxKeys: maxKeys,
    IsTruncated: String(page.nextPageToken !== undefined),
  });
  const objects = page.objects.map((object) => contents(object, encode));
  const prefixes = page.prefixes.map((prefix) => elements({ Prefix: encode(prefix) }))
    .map((prefix) => `<CommonPrefixes>${prefix}</CommonPrefixes>`);
  const all = [head, ...objects, ...prefixes].join("");
  return xmlReply(200, `<ListBucketResult xmlns="${NAMESPACE}">${all}</ListBucketResult>`);
}

function contents(object: ObjectRecord, encode: (text: string) => string): string {
  const fields = elements({
    Key: encode(object.name),
    Generation: object.generation,
    MetaGeneration: object.metageneration,
    LastModified: new Date(object.updatedMs).toISOString(),
    ETag: xmlEtag(object),
    Size: object.size,
    StorageClass: "STANDARD",
  });
  return `<Contents>${fields}</Contents>`;
}
