import type { StoredObject } from "./stored_object.ts";

/** What to list. */
export interface ListQuery {
  readonly prefix: string;
  /** Names before this one are left out. */
  readonly startOffset?: string | undefined;
  /** This name and those behind it are left out. */
  readonly endOffset?: string | undefined;
  /** Names are cut behind the first one after the prefix, and listed as `prefixes`. */
  readonly delimiter?: string;
  /** At most 1000. */
  readonly maxResults?: number;
  readonly pageToken?: string;
  /** Asks for name, generation and size alone: all other facts are empty. */
  readonly namesOnly?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A page of a listing, names ascending by UTF-8 bytes. */
export interface ListPage {
  readonly objects: readonly StoredObject[];
  readonly prefixes: readonly string[];
  readonly nextPageToken: string | undefined;
}
