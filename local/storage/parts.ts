import type { V4Key } from "@tintype/gcs/v4_verifier";
import type { Clock } from "@tintype/core/ports/clock";
import type { BlobFiles } from "./blob_files.ts";
import type { LocalObjects } from "./local_objects.ts";
import type { ObjectDatabase } from "./object_database.ts";
import type { ResumableSessions } from "./resumable_session.ts";

/** The parts of a storage, made once; both APIs are functions of them. */
export interface StorageParts {
  readonly database: ObjectDatabase;
  readonly blobs: BlobFiles;
  readonly objects: LocalObjects;
  readonly sessions: ResumableSessions;
  readonly clock: Clock;
  /** The key of an HMAC access id or of a service account's email. */
  readonly findKey: (accessId: string) => V4Key | undefined;
}
