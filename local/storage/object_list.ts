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
  readonly nextPageToken: string | undefined;
}

const MAX_RESULTS = 1_000;
const BATCH = 256;

/** Lists a page of a bucket's objects; throws `bad_request` for a page token that is none of ours. */
export function listObjects(database: ObjectDatabase, request: ListRequest): ListedPage {
  const limit = Math.min(request.maxResults || MAX_RESULTS, MAX_RESULTS);
  const objects: ObjectRecord[] = [];
  const prefixes: string[] = [];
  let from: string | null = firstName(request);
  while (from !== null) {
    const want = Math.min(limit - objects.length - prefixes.length + 1, BATCH);
    const batch = database.objectsFrom(request.bucket, { from, inclusive: true }, want);
    from = null;
    for (const object of batch) {
      if (isPast(object.name, request)) return { objects, prefixes, nextPageToken: undefined };
      if (objects.length + prefixes.length === limit) {
        return { objects, prefixes, nextPageToken: tokenOf(object.name) };
      }
      const folder = folderOf(object.name, request);
      if (folder !== null) {
        prefixes.push(folder);
        // Nothing more of this folder: go on behind it.
        from = successorOf(folder);
        break;
      }
      objects.push(object);
      from = batch.length === want ? nextName(object.name) : null;
    }
  }
  return { objects, prefixes, nextPageToken: undefined };
}

/** The least name that a page may hold. */
function firstName({ prefix = "", startOffset = "", startAfter, pageToken }: ListRequest): string {
  const bounds = [prefix, startOffset];
  if (startAfter !== undefined) bounds.push(nextName(startAfter));
  if (pageToken !== undefined) bounds.push(nameOfToken(pageToken));
  return bounds.reduce((left, right) => compareNames(left, right) < 0 ? right : left);
}

function isPast(name: string, { prefix = "", endOffset }: ListRequest): boolean {
  if (!name.startsWith(prefix)) return true;
  return endOffset !== undefined && endOffset !== "" && compareNames(name, endOffset) >= 0;
}

/** The common prefix that a name is listed under, or null where it is listed itself. */
function folderOf(name: string, { prefix = "", delimiter }: ListRequest): string | null {
  if (delimiter === undefined || delimiter === "") return null;
  const at = name.indexOf(delimiter, prefix.length);
  return at < 0 ? null : name.slice(0, at + delimiter.length);
}

function nextName(name: string): string {
  return `${name}\0`;
}

/** The least text that is greater than every text with this prefix; null where there is none. */
function successorOf(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return null;
  // Surrogates are no characters of UTF-8.
  const next = last + 1 === 0xd800 ? 0xe000 : last + 1;
  return String.fromCodePoint(...points, next);
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
