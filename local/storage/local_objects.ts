import type { Clock } from "@tintype/core/ports/clock";
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
import { checkReplacing } from "./rights.ts";

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
export interface ObjectDraft {
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
  /** Whether a second mutation of one object within a second is refused (429), as Cloud Storage may. */
  limitMutations = false;

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

  /** Streams a body to disk; throws `too_large` where it is over `maxBytes`. */
  async receive(body: RequestBody, maxBytes = Infinity): Promise<StoredBytes> {
    const hasher = new ContentHasher();
    const blob = this.#options.blobs.newId();
    const file = await this.#options.blobs.open(blob);
    try {
      for await (const chunk of body) {
        const at = hasher.bytes;
        hasher.add(chunk);
        if (hasher.bytes <= maxBytes) await file.write(chunk, 0, chunk.length, at);
      }
    } catch (error) {
      await this.#options.blobs.remove(blob);
      throw error;
    } finally {
      await file.close();
    }
    const size = hasher.bytes;
    if (size > 0 && size <= maxBytes) return { blob, size, ...hasher.finish() };
    await this.#options.blobs.remove(blob);
    if (size > maxBytes) throw new StorageFailure("too_large");
    return { blob: null, size, ...hasher.finish() };
  }

  /** Forgets bytes that no object will name. */
  async discard({ blob }: Pick<StoredBytes, "blob">): Promise<void> {
    if (blob !== null) await this.#options.blobs.remove(blob);
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
      if (before !== null) checkReplacing(draft.identity, draft.bucket);
      this.#checkRate(before);
      const object = this.#recordOf(draft);
      database.putObject(object);
      draft.alongside?.(object);
      events.finalized(object, before);
      return { object, before };
    });
    events.committed();
    if (before !== null) await this.discard(before);
    return object;
  }

  /** Commits bytes that were received for this object alone: they are discarded where it cannot be. */
  async commitReceived(draft: ObjectDraft): Promise<ObjectRecord> {
    try {
      return await this.commit(draft);
    } catch (error) {
      await this.discard(draft.bytes);
      throw error;
    }
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

  /** Removes the object; when this is done its bytes are gone too. */
  async remove(target: ObjectTarget & { readonly preconditions: Preconditions }): Promise<void> {
    const { db, database } = this.#options;
    const before = inTransaction(db, () => {
      const object = this.object(target);
      checkBeforeWrite(object, target.preconditions);
      this.#checkRate(object);
      database.removeObject(target.bucket, target.name);
      return object;
    });
    await this.discard(before);
  }

  #recordOf({ bucket, name, attributes, bytes }: ObjectDraft): ObjectRecord {
    const { database, clock } = this.#options;
    const nowMs = clock.now();
    const generation = database.nextGeneration(nowMs);
    const times = { createdMs: nowMs, updatedMs: nowMs };
    return { ...attributes, ...bytes, bucket, name, generation, metageneration: 1, ...times };
  }

  #checkRate(before: ObjectRecord | null): void {
    if (!this.limitMutations || before === null) return;
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
