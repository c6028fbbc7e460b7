import type { Clock } from "@tintype/core/ports/clock";
import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { RequestBody } from "../http/call.ts";
import { inTransaction } from "../sqlite.ts";
import type { BlobFiles, BlobId } from "./blob_files.ts";
import { type Checksums, ContentHasher } from "./content_hasher.ts";
import { StorageFailure } from "./failures.ts";
import type { ObjectDatabase } from "./object_database.ts";
import {
  type BucketRecord,
  checkObjectName,
  type ObjectAttributes,
  type ObjectRecord,
} from "./object_record.ts";
import { checkBeforeWrite, type Preconditions } from "./preconditions.ts";
import { checkWriting } from "./rights.ts";

/** Whoever wants to know of new objects. */
export interface ObjectEvents {
  /** Called inside the transaction that commits the object. */
  finalized(object: ObjectRecord, overwritten: ObjectRecord | null): void;
  /** Called when that transaction is through. */
  committed(): void;
}

/** Bytes on disk that no object names yet. */
export interface StoredBytes extends Checksums {
  readonly blob: BlobId | null;
  readonly size: number;
}

/** An object about to be. */
interface ObjectDraft {
  readonly bucket: string;
  readonly name: string;
  readonly attributes: ObjectAttributes;
  readonly preconditions: Preconditions;
  readonly bytes: StoredBytes;
  /** Who writes; undefined for the project's owner. */
  readonly identity: string | undefined;
  /** Done in the same transaction. */
  readonly alongside?: (object: ObjectRecord) => void;
}

/** Which object a request is about. */
export interface ObjectTarget {
  readonly bucket: string;
  readonly name: string;
  /** The live one where it is not given. */
  readonly generation?: number | undefined;
}

/** What a body must be. */
interface BodyLimits {
  readonly maxBytes?: number;
  /** Throws where the bytes are not those that were announced. */
  readonly check: (bytes: StoredBytes) => void;
}

/** Every mutation, those that write bytes or metadata, or none. */
export type LimitedMutations = "all" | "writes" | "none";

/** What {@link LocalObjects} is made of. */
interface LocalObjectsOptions {
  readonly db: DatabaseSync;
  readonly database: ObjectDatabase;
  readonly blobs: BlobFiles;
  readonly clock: Clock;
  readonly events: ObjectEvents;
}

/** Objects with their bytes: every change of one goes through here, and is one transaction. */
export class LocalObjects {
  readonly #options: LocalObjectsOptions;
  /** Which mutations of an object are refused (429) within a second of the one before: Cloud Storage may refuse all of them. */
  limited: LimitedMutations = "writes";

  constructor(options: LocalObjectsOptions) {
    this.#options = options;
  }

  /** Throws `no_such_bucket`. */
  bucket(name: string): BucketRecord {
    const bucket = this.#options.database.bucket(name);
    if (bucket === null) throw new StorageFailure("no_such_bucket");
    return bucket;
  }

  /** Throws `no_such_bucket` or `no_such_object`. */
  object({ bucket, name, generation }: ObjectTarget): ObjectRecord {
    this.bucket(bucket);
    const object = this.#options.database.object(bucket, name);
    if (object === null || (generation !== undefined && object.generation !== generation)) {
      throw new StorageFailure("no_such_object", `No such object: ${bucket}/${name}`);
    }
    return object;
  }

  /**
   * Streams a body to disk and makes it an object. Where that is refused, or `check` throws, its bytes are gone again;
   * throws `too_large` over `maxBytes`.
   */
  async put(
    body: RequestBody,
    draft: Omit<ObjectDraft, "bytes">,
    { maxBytes = Infinity, check }: BodyLimits,
  ): Promise<ObjectRecord> {
    const bytes = await this.#receive(body, maxBytes);
    try {
      check(bytes);
      return await this.commit({ ...draft, bytes });
    } catch (error) {
      await this.#discard(bytes);
      throw error;
    }
  }

  /**
   * Makes the object, in place of the live one; throws `precondition_failed`, or `access_denied` where its writer may not
   * replace, and then the bytes are still there.
   */
  async commit(draft: ObjectDraft): Promise<ObjectRecord> {
    const { db, database, events } = this.#options;
    checkObjectName(draft.name);
    const { object, before } = inTransaction(db, () => {
      this.bucket(draft.bucket);
      const before = database.object(draft.bucket, draft.name);
      checkBeforeWrite(before, draft.preconditions);
      checkWriting(draft.identity, { ...draft, replaces: before !== null });
      this.#checkRate(before);
      const object = this.#recordOf(draft);
      database.putObject(object);
      draft.alongside?.(object);
      events.finalized(object, before);
      return { object, before };
    });
    events.committed();
    if (before !== null) await this.#discard(before);
    return object;
  }

  /** Changes attributes; `change` gets the live object and answers what it is to be. */
  update(
    target: ObjectTarget & { readonly preconditions: Preconditions },
    change: (object: ObjectRecord) => ObjectAttributes,
  ): ObjectRecord {
    const { db, database, clock } = this.#options;
    return inTransaction(db, () => {
      const before = this.object(target);
      checkBeforeWrite(before, target.preconditions);
      this.#checkRate(before);
      const attributes = change(before);
      checkCustomTime(before.customTime, attributes.customTime);
      const object = {
        ...before,
        ...attributes,
        metageneration: before.metageneration + 1,
        updatedMs: clock.now(),
      };
      database.putObject(object);
      return object;
    });
  }

  /** Removes the object; when this is done its bytes are gone too. The lifecycle's removals are not limited. */
  async remove(
    target: ObjectTarget & { readonly preconditions: Preconditions; readonly isLifecycle?: true },
  ): Promise<void> {
    const { db, database } = this.#options;
    const before = inTransaction(db, () => {
      const object = this.object(target);
      checkBeforeWrite(object, target.preconditions);
      if (target.isLifecycle !== true && this.limited === "all") this.#checkRate(object);
      database.removeObject(target.bucket, target.name);
      return object;
    });
    await this.#discard(before);
  }

  async #receive(body: RequestBody, maxBytes: number): Promise<StoredBytes> {
    const { blobs } = this.#options;
    const hasher = new ContentHasher();
    const blob = randomUUID();
    try {
      await using file = await blobs.open(blob);
      for await (const chunk of body) {
        const at = hasher.bytes;
        hasher.add(chunk);
        if (hasher.bytes <= maxBytes) await file.write(chunk, 0, chunk.length, at);
      }
      if (hasher.bytes > maxBytes) throw new StorageFailure("too_large");
    } catch (error) {
      await blobs.remove(blob);
      throw error;
    }
    const size = hasher.bytes;
    if (size === 0) await blobs.remove(blob);
    return { blob: size === 0 ? null : blob, size, ...hasher.finish() };
  }

  async #discard({ blob }: Pick<StoredBytes, "blob">): Promise<void> {
    if (blob !== null) await this.#options.blobs.remove(blob);
  }

  #recordOf({ bucket, name, attributes, bytes }: ObjectDraft): ObjectRecord {
    const { database, clock } = this.#options;
    const nowMs = clock.now();
    const generation = database.nextGeneration(nowMs);
    const times = { createdMs: nowMs, updatedMs: nowMs };
    return { ...attributes, ...bytes, bucket, name, generation, metageneration: 1, ...times };
  }

  #checkRate(before: ObjectRecord | null): void {
    if (this.limited === "none" || before === null) return;
    if (this.#options.clock.now() - before.updatedMs >= 1_000) return;
    throw new StorageFailure("too_many_mutations");
  }
}

/** A custom time, once set, can be neither removed nor set back (cloud.google.com/storage/docs/metadata#custom-time). */
function checkCustomTime(before: string | undefined, after: string | undefined): void {
  if (before === undefined) return;
  if (after !== undefined && Date.parse(after) >= Date.parse(before)) return;
  throw new StorageFailure(
    "bad_request",
    "Custom time cannot be removed or set to an earlier time.",
  );
}
