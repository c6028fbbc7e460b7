import type { Clock } from "@tintype/core/ports/clock";
import type { Log } from "@tintype/core/ports/log";
import type { V4Key } from "@tintype/gcs/v4_verifier";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { faultControls, FaultInjector } from "../faults/faults.ts";
import type { Control } from "../http/controls.ts";
import { EmulatorServer } from "../http/emulator_server.ts";
import { openDatabase } from "../sqlite.ts";
import { BlobFiles } from "./blob_files.ts";
import { storageControls } from "./controls.ts";
import { corsRule } from "./cors.ts";
import { DEFAULT_LIFECYCLE } from "./lifecycle.ts";
import { type LimitedMutations, LocalObjects, type ObjectEvents } from "./local_objects.ts";
import { ObjectDatabase } from "./object_database.ts";
import { type BucketRecord, makeBucket } from "./object_record.ts";
import { ResumableSessions } from "./resumable_session.ts";
import { SessionDatabase } from "./session_database.ts";
import { SessionWriter } from "./session_writer.ts";
import { makeStorageApp } from "./storage_app.ts";

const EXPIRE_AT_MOST_MS = 60_000;
const EXPIRE_AT_LEAST_MS = 1_000;
const WEEK_MS = 604_800_000;

/** Notifications of new objects, and the controls that come with them. */
export interface Notifications {
  readonly events: ObjectEvents;
  readonly controls: readonly Control[];
}

/** What a storage is started with. */
export interface StorageOptions {
  /** Where everything is kept; made where it is missing. */
  readonly dataDir: string;
  /** On 127.0.0.1; 0 is any free one. */
  readonly port: number;
  readonly findKey: (accessId: string) => V4Key | undefined;
  readonly log: Log;
  readonly clock?: Clock;
  /** How long a resumable session lives in milliseconds: a week. */
  readonly sessionLifeMs?: number;
  /** Pages of these origins may use the buckets. */
  readonly corsOrigins?: readonly string[];
  /** Ports of identities: what calls the JSON API there has the identity's rights only; 0 is any free one. */
  readonly identityPorts?: Readonly<Record<string, number>>;
  /** Which mutations are limited to one a second; those that write where it is not given. */
  readonly limited?: LimitedMutations;
  /** Called once with the open database. */
  readonly notify?: (db: DatabaseSync) => Notifications;
}

/** A storage that accepts connections. */
export interface RunningStorage {
  readonly url: string;
  /** The address of each identity's port. */
  readonly urlsByIdentity: Readonly<Record<string, string>>;
  /** How many files of a killed process were removed. */
  readonly orphans: number;
  /** Stops accepting, finishes what is under way (at most 5 s) beside `last`, closes the database. */
  close(last?: () => Promise<void>): Promise<void>;
}

const SILENCE: Notifications = { events: { finalized() {}, committed() {} }, controls: [] };

/** Opens what the data folder holds, removes what a killed process left half done, and listens. */
export async function startStorage(options: StorageOptions): Promise<RunningStorage> {
  const lifeMs = options.sessionLifeMs ?? WEEK_MS;
  await mkdir(options.dataDir, { recursive: true });
  const { db, orphans, sessions, server } = await openParts(options, lifeMs);
  const expire = () =>
    sessions.expire().catch((error: unknown) => {
      options.log.error("expire_failed", { error: String(error) });
    });
  await expire();
  const everyMs = Math.min(EXPIRE_AT_MOST_MS, Math.max(EXPIRE_AT_LEAST_MS, lifeMs / 84));
  const timer = setInterval(() => void expire(), everyMs);
  const url = await server.listen(options.port);
  const urlsByIdentity: Record<string, string> = {};
  for (const [identity, port] of Object.entries(options.identityPorts ?? {})) {
    urlsByIdentity[identity] = await server.listen(port, identity);
  }
  return {
    url,
    urlsByIdentity,
    orphans,
    async close(last) {
      clearInterval(timer);
      await Promise.all([server.close(), last?.()]);
      db.close();
    },
  };
}

async function openParts(options: StorageOptions, lifeMs: number) {
  const { dataDir, findKey, log, clock = Date, corsOrigins = [] } = options;
  const db = openDatabase(join(dataDir, "storage.sqlite"));
  const database = new ObjectDatabase(db);
  const sessionDatabase = new SessionDatabase(db);
  const blobs = new BlobFiles(join(dataDir, "blobs"));
  makeLocalBuckets(database, clock.now(), corsOrigins);
  const named = new Set([...sessionDatabase.openBlobs(), ...database.blobs()]);
  const orphans = await blobs.removeOrphans((id) => named.has(id));

  const { events, controls } = options.notify?.(db) ?? SILENCE;
  const faults = new FaultInjector();
  const objects = new LocalObjects({ db, database, blobs, clock, events });
  objects.limited = options.limited ?? objects.limited;
  const writer = new SessionWriter(blobs);
  const stores = { sessions: sessionDatabase, writer, blobs, objects };
  const sessions = new ResumableSessions({ ...stores, clock, lifeMs });
  const parts = { database, blobs, objects, sessions, clock, findKey };
  const app = makeStorageApp(parts, [
    ...storageControls(parts),
    ...faultControls(faults),
    ...controls,
  ], faults);
  const server = new EmulatorServer(app, { part: "storage", log, faults });
  return { db, orphans, sessions, server };
}

/** The buckets that are there from the start, and whether they hold images, which have an end. */
const LOCAL_BUCKETS = {
  "tintype-raw": { holdsImages: true },
  "tintype-processed": { holdsImages: true },
  "tintype-erasures": { holdsImages: true },
  "tintype-certificates": { holdsImages: false },
  "tintype-config": { holdsImages: false },
} as const;

/** Makes the buckets that are missing; pages of the origins may use those that hold images. */
function makeLocalBuckets(
  database: ObjectDatabase,
  nowMs: number,
  corsOrigins: readonly string[],
): void {
  const cors = corsOrigins.length === 0
    ? []
    : [corsRule(corsOrigins, ["GET", "HEAD", "PUT", "POST", "DELETE"])];
  const settings = { lifecycle: DEFAULT_LIFECYCLE, cors };
  const nothing: Pick<BucketRecord, "lifecycle" | "cors"> = { lifecycle: [], cors: [] };
  for (const [name, { holdsImages }] of Object.entries(LOCAL_BUCKETS)) {
    if (database.bucket(name) !== null) continue;
    database.putBucket(makeBucket(name, nowMs, holdsImages ? settings : nothing));
  }
}
