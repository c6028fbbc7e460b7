import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { V4Key } from "@tintype/gcs/v4_verifier";
import type { Clock } from "@tintype/core/ports/clock";
import type { Log } from "@tintype/core/ports/log";
import { FaultInjector } from "../faults/faults.ts";
import { BlobFiles } from "./blob_files.ts";
import { Controls, type MoreControls } from "./controls.ts";
import { Cors, CORS_HEADERS } from "./cors.ts";
import { JsonApi } from "./json_api.ts";
import { JsonBuckets, makeBucket } from "./json_buckets.ts";
import { JsonUpload } from "./json_upload.ts";
import { DEFAULT_LIFECYCLE } from "./lifecycle.ts";
import { LocalObjects, type ObjectEvents } from "./local_objects.ts";
import { ObjectDatabase, openDatabase } from "./object_database.ts";
import { createStorageServer } from "./server.ts";
import { ResumableSessions } from "./resumable_session.ts";
import { SessionDatabase } from "./session_database.ts";
import { SessionWriter } from "./session_writer.ts";
import { XmlApi } from "./xml_api.ts";

/** The buckets that are there from the start, and whether they hold images, which have an end. */
export const LOCAL_BUCKETS = {
  "tintype-raw": { holdsImages: true },
  "tintype-processed": { holdsImages: true },
  "tintype-certificates": { holdsImages: false },
} as const;

/** The bucket whose new objects are notified. */
export const NOTIFIED_BUCKET = "tintype-raw" satisfies keyof typeof LOCAL_BUCKETS;

const CORS_METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"];
const CORS_MAX_AGE_SECONDS = 3_600;
const EXPIRE_AT_MOST_MS = 60_000;
const EXPIRE_AT_LEAST_MS = 1_000;
const WEEK_MS = 604_800_000;
const DRAIN_MS = 5_000;
const IDLE_EVERY_MS = 20;

/** Notifications of new objects, and the controls that come with them. */
export interface Notifications {
  readonly events: ObjectEvents;
  readonly controls: MoreControls;
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
  /** Stops accepting, finishes what is under way (at most 5 s), runs `last`, closes the database. */
  close(last?: () => Promise<void>): Promise<void>;
}

const SILENCE: Notifications = {
  events: { finalized() {}, committed() {} },
  controls: { docs: [], handle: () => Promise.resolve(null) },
};

/** Opens what the data folder holds, removes what a killed process left half done, and listens. */
export async function startStorage(options: StorageOptions): Promise<RunningStorage> {
  const lifeMs = options.sessionLifeMs ?? WEEK_MS;
  await mkdir(options.dataDir, { recursive: true });
  const { db, orphans, sessions, faults, server, serverFor, settled } = await openParts(
    options,
    lifeMs,
  );
  const expire = () =>
    sessions.expire().catch((error: unknown) => {
      options.log.error("expire_failed", { error: String(error) });
    });
  await expire();
  const everyMs = Math.min(EXPIRE_AT_MOST_MS, Math.max(EXPIRE_AT_LEAST_MS, lifeMs / 84));
  const timer = setInterval(() => void expire(), everyMs);
  const url = await listen(server, options.port);
  const others: Server[] = [];
  const urlsByIdentity: Record<string, string> = {};
  for (const [identity, port] of Object.entries(options.identityPorts ?? {})) {
    const other = serverFor(identity);
    urlsByIdentity[identity] = await listen(other, port);
    others.push(other);
  }
  return {
    url,
    urlsByIdentity,
    orphans,
    async close(last) {
      clearInterval(timer);
      await Promise.all([closeServer(server), ...others.map(closeServer), last?.()]);
      faults.endDelays();
      await settled();
      db.close();
    },
  };
}

async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return `http://localhost:${address.port}`;
}

async function openParts(options: StorageOptions, lifeMs: number) {
  const { dataDir, findKey, log, clock = Date, corsOrigins = [] } = options;
  const db = openDatabase(join(dataDir, "storage.sqlite"));
  const database = new ObjectDatabase(db);
  const sessionDatabase = new SessionDatabase(db);
  const blobs = new BlobFiles(join(dataDir, "blobs"));
  makeLocalBuckets(database, { nowMs: clock.now(), corsOrigins });
  const orphans = await removeOrphans({ database, sessionDatabase, blobs });

  const { events, controls: more } = options.notify?.(db) ?? SILENCE;
  const faults = new FaultInjector();
  const objects = new LocalObjects({ db, database, blobs, clock, events });
  const sessions = new ResumableSessions({
    sessions: sessionDatabase,
    writer: new SessionWriter(blobs),
    blobs,
    objects,
    clock,
    lifeMs,
  });
  const buckets = new JsonBuckets({ database, clock, notifiedBucket: NOTIFIED_BUCKET });
  const { server, serverFor, settled } = createStorageServer({
    json: new JsonApi({ buckets, objects, database, blobs }),
    upload: new JsonUpload({ objects, sessions }),
    xml: new XmlApi({ objects, sessions, database, blobs, findKey, clock }),
    sessions,
    cors: new Cors({ database, sessions }),
    controls: new Controls({ faults, objects, database, clock, more }),
    faults,
    log,
  });
  return { db, orphans, sessions, faults, server, serverFor, settled };
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  // A connection that is kept alive becomes idle only when its request is through.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_EVERY_MS);
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

function makeLocalBuckets(
  database: ObjectDatabase,
  { nowMs, corsOrigins }: { readonly nowMs: number; readonly corsOrigins: readonly string[] },
): void {
  const rule = {
    origin: corsOrigins,
    method: CORS_METHODS,
    responseHeader: CORS_HEADERS,
    maxAgeSeconds: CORS_MAX_AGE_SECONDS,
  };
  const cors = corsOrigins.length === 0 ? [] : [rule];
  for (const [name, { holdsImages }] of Object.entries(LOCAL_BUCKETS)) {
    if (database.bucket(name) !== null) continue;
    const lifecycle = holdsImages ? DEFAULT_LIFECYCLE : [];
    database.putBucket(makeBucket(name, { nowMs, lifecycle, cors: holdsImages ? cors : [] }));
  }
}

async function removeOrphans(
  { database, sessionDatabase, blobs }: {
    readonly database: ObjectDatabase;
    readonly sessionDatabase: SessionDatabase;
    readonly blobs: BlobFiles;
  },
): Promise<number> {
  const named = new Set(sessionDatabase.openBlobs());
  for (const { name: bucket } of database.buckets()) {
    for (const { blob } of database.allObjects(bucket)) if (blob !== null) named.add(blob);
  }
  return await blobs.removeOrphans((id) => named.has(id));
}
