/**
 * One bucket of an object store, split by right so that least privilege shows in the types:
 * the bridge is handed a creator, the sweep a lister and a remover.
 *
 * Who retries: adapters repeat what a precondition makes idempotent (408, 429, 5xx, lost connections) a few times
 * within seconds and then throw `unavailable`; everything else is retried by whoever delivered the work.
 */
import type { AppError } from "../errors.ts";
import type { CallOptions } from "./call_options.ts";
import type { ObjectName } from "../model/object_name.ts";

/** The version of an object: int64 in decimal. */
export type Generation = string;

/** What a store says of an object. */
export interface ObjectFacts {
  readonly name: string;
  readonly generation: Generation;
  /** Bytes. */
  readonly size: number;
  readonly contentType: string | undefined;
  /** Milliseconds since the epoch. */
  readonly customTimeMs: number | undefined;
  /** When it was complete, in milliseconds since the epoch. */
  readonly createdMs: number;
  /** Big-endian base64. */
  readonly crc32c: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes at once, or as a stream that is read once. */
export type ObjectBody = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** What is written beside the bytes. */
export interface WriteOptions extends CallOptions {
  readonly contentType: string;
  /** T0 of the image, in milliseconds since the epoch. */
  readonly customTimeMs: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** `Cache-Control` of whoever reads the object by a signed URL. */
  readonly cacheControl?: string | undefined;
}

/** What became of a create-only write. */
export type CreateOutcome =
  | { readonly created: true; readonly generation: Generation }
  | { readonly created: false };

/** May create objects, never replace one (`ifGenerationMatch=0`). */
export interface ObjectCreator {
  /** Creates the object where there is none of that name. A lost answer may make `created` false for our own write. */
  create(name: ObjectName, body: ObjectBody, options: WriteOptions): Promise<CreateOutcome>;
}

/** May replace an object whose generation it knows. */
export interface ObjectReplacer {
  /** Replaces exactly `ifGeneration`; null where another generation, or none, is there by now. */
  replace(
    name: ObjectName,
    body: Uint8Array<ArrayBuffer>,
    options: WriteOptions & { readonly ifGeneration: Generation },
  ): Promise<Generation | null>;
}

/** May read objects. */
export interface ObjectReader {
  /** Facts of the live object, or null where there is none. */
  stat(
    name: ObjectName,
    options?: CallOptions,
  ): Promise<ObjectFacts | null>;
  /** All bytes of a generation (the live one where none is given), or null where it is not there. */
  read(
    name: ObjectName,
    options?: CallOptions & { readonly generation?: Generation },
  ): Promise<Uint8Array<ArrayBuffer> | null>;
}

/** What to list. */
export interface ListQuery extends CallOptions {
  readonly prefix: string;
  /** Names before this one are left out. */
  readonly startOffset?: string | undefined;
  /** This name and those behind it are left out. */
  readonly endOffset?: string | undefined;
  /** `/`: names are cut behind the first one after the prefix and answered in `prefixes`. */
  readonly delimiter?: "/";
  /** At most 1000. */
  readonly maxResults?: number;
  readonly pageToken?: string;
  /** Asks for name, generation and size alone, a third of the bytes: all other facts are empty. */
  readonly namesOnly?: boolean;
}

/** A page of a listing, names ascending by UTF-8 bytes. */
export interface ListPage {
  readonly objects: readonly ObjectFacts[];
  readonly prefixes: readonly string[];
  readonly nextPageToken: string | undefined;
}

/** May list names. */
export interface ObjectLister {
  list(query: ListQuery): Promise<ListPage>;
}

/** May remove objects. */
export interface ObjectRemover {
  /** Removes exactly that generation; false where it is not there (any more). */
  remove(
    name: string,
    options: CallOptions & { readonly generation: Generation },
  ): Promise<boolean>;
}

/** What became of an object that was to go: it went, nothing has its name, another generation has it, or why it stays. */
export type RemoveOutcome = "removed" | "absent" | "replaced" | AppError;

/** The most objects that one call of a {@link BatchRemover} takes. */
export const MAX_REMOVED_AT_ONCE = 100;

/** May remove objects, many by one request. */
export interface BatchRemover {
  /** Removes exactly those generations; returns what became of each, in their order. One that stays holds up no other. */
  removeMany(
    objects: readonly Pick<ObjectFacts, "name" | "generation">[],
    options?: CallOptions,
  ): Promise<readonly RemoveOutcome[]>;
}

/** Every right on one bucket; only adapters implement it, use cases take the parts they need. */
export interface ObjectStore
  extends ObjectCreator, ObjectReplacer, ObjectReader, ObjectLister, ObjectRemover, BatchRemover {}
