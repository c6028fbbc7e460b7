import type { ListPage } from "./listing.ts";
import { StorageError } from "./storage_error.ts";
import type { StoredObject } from "./stored_object.ts";
const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
};

/**
 * Reads a page of the XML API's listing, version 2
 * (https://cloud.google.com/storage/docs/xml-api/get-bucket-list); throws StorageError where it is none.
 */
export function readListing(xml: string): ListPage {
  if (!xml.includes("<ListBucketResult")) {
    throw new StorageError("Cannot read listing: it must be a ListBucketResult", { status: 200 });
  }
  const page = xml.replace(/<Contents>.*?<\/Contents>|<CommonPrefixes>.*?<\/CommonPrefixes>/gs, "");
  return {
    objects: blocks(xml, "Contents").map(objectOf),
    prefixes: blocks(xml, "CommonPrefixes").map((block) => textOf(block, "Prefix") ?? ""),
    nextPageToken: textOf(page, "NextContinuationToken"),
  };
}

function objectOf(block: string): StoredObject {
  return {
    name: textOf(block, "Key") ?? "",
    generation: textOf(block, "Generation") ?? "0",
    size: Number(textOf(block, "Size") ?? 0),
    contentType: undefined,
    customTimeMs: undefined,
    createdMs: Date.parse(textOf(block, "LastModified") ?? ""),
    crc32c: undefined,
    metadata: {},
  };
}

function blocks(xml: string, tag: string): string[] {
  return Array.from(
    xml.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, "gs")),
    ([, block]) => block ?? "",
  );
}

function textOf(xml: string, tag: string): string | undefined {
  const text = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
  if (text === undefined || text === "") return undefined;
  return text.replace(
    /&(?:amp|lt|gt|quot|apos);/g,
    (entity) => ENTITIES[entity] ?? entity,
  )
    .replace(/&#(x[0-9a-fA-F]+|[0-9]+);/g, (_, digits: string) => {
      return String.fromCodePoint(Number(digits.startsWith("x") ? `0${digits}` : digits));
    });
}
