import type { ListPage } from "./listing.ts";
import { StorageError } from "./storage_error.ts";
import type { StoredObject } from "./stored_object.ts";

const REFERENCE = /&(?:#x([0-9a-f]+)|#(\d+)|(amp|lt|gt|quot|apos));/gi;
const NAMES = ["amp", "lt", "gt", "quot", "apos"];

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
    prefixes: blocks(xml, "CommonPrefixes").map((block) => textOf(block, "Prefix")),
    nextPageToken: textOf(page, "NextContinuationToken") || undefined,
  };
}

function objectOf(block: string): StoredObject {
  return {
    name: textOf(block, "Key"),
    generation: textOf(block, "Generation") || "0",
    size: Number(textOf(block, "Size")),
    contentType: undefined,
    customTimeMs: undefined,
    createdMs: Date.parse(textOf(block, "LastModified")),
    crc32c: undefined,
    metadata: {},
  };
}

function blocks(xml: string, tag: string): string[] {
  return xml.match(new RegExp(`<${tag}>.*?</${tag}>`, "gs")) ?? [];
}

/** The text of the first element of that name; empty where there is none. */
function textOf(xml: string, tag: string): string {
  const [, text = ""] = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml) ?? [];
  return text.replace(REFERENCE, (_, hex?: string, decimal?: string, name = "") => {
    if (name !== "") return "&<>\"'".charAt(NAMES.indexOf(name));
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number(`0x${hex}`));
  });
}
