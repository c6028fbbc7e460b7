import type { ObjectDatabase } from "./object_database.ts";
import { StorageFailure } from "./failures.ts";
import type { ObjectRecord } from "./object_record.ts";

/** What to list. */
interface ListRequest {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly delimiter?: string | undefined;
  /** Names before it are left out. */
  readonly startOffset?: string | undefined;
  /** This name and those after it are left out. */
  readonly endOffset?: string | undefined;
  /** The name after which the page begins (XML `start-after`). */
  readonly startAfter?: string | undefined;
  readonly pageToken?: string | undefined;
  /** Objects and prefixes together, 1 to 1000. */
  readonly maxResults?: number | undefined;
}

/** One page, ascending by UTF-8 bytes. */
interface ListedPage {
  readonly objects: readonly ObjectRecord[];
  readonly prefixes: readonly string[];
  readonly nextPageToken?: string;
}

const MAX_RESULTS = 1_000;

/** Lists a page of a bucket's objects; throws `bad_request` for a page token that is none of ours. */
export function listObjects(database: ObjectDatabase, request: ListRequest): ListedPage {
  const { bucket, prefix = "", delimiter = "", endOffset = "" } = request;
  const limit = Math.min(request.maxResults || MAX_RESULTS, MAX_RESULTS);
  const objects: ObjectRecord[] = [];
  const prefixes: string[] = [];
  let object = database.objectFrom(bucket, firstName(request));
  while (object !== null) {
    const { name } = object;
    if (!name.startsWith(prefix) || (endOffset !== "" && compareNames(name, endOffset) >= 0)) break;
    if (objects.length + prefixes.length === limit) {
      return { objects, prefixes, nextPageToken: tokenOf(name) };
    }
    const folderEnd = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
    if (folderEnd < 0) {
      objects.push(object);
      object = database.objectFrom(bucket, nextName(name));
    } else {
      const folder = name.slice(0, folderEnd + delimiter.length);
      prefixes.push(folder);
      object = database.objectBehind(bucket, folder);
    }
  }
  return { objects, prefixes };
}

/** The least name that a page may hold. */
function firstName({ prefix = "", startOffset = "", startAfter, pageToken }: ListRequest): string {
  const bounds = [prefix, startOffset];
  if (startAfter !== undefined) bounds.push(nextName(startAfter));
  if (pageToken !== undefined) bounds.push(nameOfToken(pageToken));
  return bounds.toSorted(compareNames).at(-1) ?? "";
}

function nextName(name: string): string {
  return `${name}\0`;
}

function compareNames(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function tokenOf(name: string): string {
  return Buffer.from(name).toString("base64url");
}

function nameOfToken(token: string): string {
  const name = Buffer.from(token, "base64url").toString("utf8");
  if (name === "" || tokenOf(name) !== token.replaceAll("=", "")) {
    throw new StorageFailure("bad_request", "Invalid page token.");
  }
  return name;
}
