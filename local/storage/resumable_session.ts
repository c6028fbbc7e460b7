/**
 * Resumable sessions, whichever API started them: `start` keeps what is to become of the bytes,
 * `answer` takes every request to the session's address (bytes, status query, cancel),
 * and the request that brings the last byte commits the object together with the session's end.
 */
import type { Clock } from "@tintype/core/ports/clock";
import { formatHeld } from "@tintype/gcs/byte_range";
import { type BytesRange, parseContentRange } from "@tintype/gcs/content_range";
import { parseHashHeader } from "@tintype/gcs/hash_header";
import { randomBytes, randomUUID } from "node:crypto";
import { type Call, headerOf, type Reply, type RequestBody } from "../http/call.ts";
import type { BlobFiles } from "./blob_files.ts";
import { checkDeclared } from "./content_hasher.ts";
import { StorageFailure } from "./failures.ts";
import type { LocalObjects, StoredBytes } from "./local_objects.ts";
import { metadataOfHeaders } from "./object_attributes.ts";
import { checkObjectName, type ObjectRecord } from "./object_record.ts";
import { objectResource, versionHeaders } from "./object_resource.ts";
import { contentLengthOf, drain } from "./read_request.ts";
import type { SessionDatabase, SessionRecord } from "./session_database.ts";
import { floorToMultiple, type SessionWriter, type Written } from "./session_writer.ts";

/** What a session is started with. */
type SessionStart = Omit<SessionRecord, "id" | "createdMs" | "blob" | "held" | "state" | "object">;

/** A body that was written: which session's, the range that it declared, how far it came. */
interface Arrival {
  readonly session: SessionRecord;
  readonly range: BytesRange;
  readonly written: Written;
}

/** What {@link ResumableSessions} is made of. */
interface ResumableSessionsOptions {
  readonly sessions: SessionDatabase;
  readonly writer: SessionWriter;
  readonly blobs: BlobFiles;
  readonly objects: LocalObjects;
  readonly clock: Clock;
  /** How long a session lives in milliseconds: a week. */
  readonly lifeMs: number;
}

/** Starts sessions and answers their requests as Cloud Storage does. */
export class ResumableSessions {
  readonly #options: ResumableSessionsOptions;

  constructor(options: ResumableSessionsOptions) {
    this.#options = options;
  }

  /** Starts a session and answers its id; throws `no_such_bucket`, or `bad_request` for a bad name. */
  start(start: SessionStart): string {
    const { objects, sessions, clock } = this.#options;
    objects.bucket(start.bucket);
    checkObjectName(start.name);
    const id = randomBytes(48).toString("base64url");
    const fresh = { createdMs: clock.now(), blob: randomUUID(), held: 0, state: "open" } as const;
    sessions.put({ ...start, ...fresh, id });
    return id;
  }

  /** The origin whose pages may read the session's answers; undefined where there is none. */
  originOf(id: string): string | undefined {
    return this.#options.sessions.get(id)?.origin;
  }

  /** Answers a request to a session's address. */
  async answer(call: Call, id: string): Promise<Reply> {
    const session = this.#find(id);
    if (session.object !== undefined) return await this.#repeat(session.object, call);
    if (call.method === "DELETE") return await this.#cancel(session);
    const header = headerOf(call, "content-range");
    const range = parseContentRange(header);
    if (range === null) {
      throw new StorageFailure("bad_request", `Failed to parse Content-Range header: ${header}`);
    }
    return range.kind === "query"
      ? await this.#query(session, range.total, call)
      : await this.#receive(id, range, call);
  }

  /** Ends every session whose life is over, and removes its bytes. */
  async expire(): Promise<void> {
    const { sessions, clock, lifeMs } = this.#options;
    const endedMs = clock.now() - lifeMs;
    for (const id of sessions.liveSince(endedMs)) {
      const session = sessions.get(id);
      if (session !== null) await this.#expire(session);
    }
    sessions.forgetSince(endedMs - lifeMs);
  }

  /** Throws `no_such_upload` for an id that never was, `upload_gone` for a session that is over. */
  #find(id: string): SessionRecord {
    const { sessions, clock, lifeMs } = this.#options;
    const session = sessions.get(id);
    if (session === null) throw new StorageFailure("no_such_upload");
    const aged = clock.now() - session.createdMs >= lifeMs;
    if (aged || session.state === "cancelled" || session.state === "expired") {
      throw new StorageFailure("upload_gone");
    }
    return session;
  }

  async #query(session: SessionRecord, total: number | undefined, call: Call): Promise<Reply> {
    await drain(call.body);
    const underWay = this.#options.writer.heldUnderWay(session.id);
    if (underWay !== undefined) return incomplete(underWay);
    if (total !== session.held) return incomplete(session.held);
    const nothing = { start: total, end: undefined, total, endsHere: false };
    return await this.#receive(session.id, { kind: "bytes", ...nothing }, call);
  }

  async #receive(id: string, range: BytesRange, call: Call): Promise<Reply> {
    const { writer } = this.#options;
    await writer.takeOver(id);
    const session = this.#find(id);
    if (session.object !== undefined) return await this.#repeat(session.object, call);
    const { start, end, total } = range;
    if (start > session.held) return await beyond(start, session.held, call.body);
    checkLength(range, contentLengthOf(call));
    const limit = end === undefined ? total : end + 1;
    return await writer.write(
      session,
      { start, limit },
      call,
      (written) => this.#record(call, { session, range, written }),
    );
  }

  /** Records what a body brought: nothing is acknowledged before it is in the database. */
  async #record(call: Call, { session, range, written }: Arrival): Promise<Reply> {
    const offset = Math.max(session.held, written.offset);
    const total = range.endsHere ? written.offset : range.total;
    if (written.cut === undefined && offset === total) {
      return await this.#complete(this.#hold(session, total), call);
    }
    const { held } = this.#hold(session, floorToMultiple(offset));
    if (written.cut !== undefined) throw written.cut;
    if (range.endsHere) {
      throw new StorageFailure("bad_request", "The object ends before its offset.");
    }
    return incomplete(held);
  }

  #hold(session: SessionRecord, offset: number): SessionRecord {
    const held = { ...session, held: Math.max(session.held, offset) };
    this.#options.sessions.put(held);
    return held;
  }

  /** Commits the object. Where that is refused the session keeps its bytes, and the next request is refused alike. */
  async #complete(session: SessionRecord, call: Call): Promise<Reply> {
    const { objects, sessions, writer, blobs } = this.#options;
    const { bucket, name, blob, held: size, attributes, preconditions, identity } = session;
    const checksums = await writer.checksums(blob, size);
    const { size: declaredSize = size } = session.declared;
    if (size !== declaredSize) {
      const message =
        `X-Upload-Content-Length was ${declaredSize}, the object has ${size} byte(s).`;
      throw new StorageFailure("bad_request", message);
    }
    checkDeclared(session.declared, checksums);
    checkDeclared(parseHashHeader(headerOf(call, "x-goog-hash")), checksums);
    const bytes: StoredBytes = { blob: size === 0 ? null : blob, size, ...checksums };
    const object = await objects.commit({
      bucket,
      name,
      // The last request of a JSON session may add metadata: whoever trusts it for identity is wrong.
      attributes: session.api === "json" ? withMetadataOf(call, attributes) : attributes,
      preconditions,
      bytes,
      identity,
      alongside: (object) => sessions.put({ ...session, state: "complete", object }),
    });
    if (size === 0) await blobs.remove(blob);
    return this.#completed(object, call);
  }

  async #repeat(object: ObjectRecord, call: Call): Promise<Reply> {
    await drain(call.body);
    return this.#completed(object, call);
  }

  #completed(object: ObjectRecord, { baseUrl }: Call): Reply {
    const { "x-goog-storage-class": _, ...headers } = versionHeaders(object);
    return {
      status: 200,
      headers: { ...headers, "Content-Type": "application/json; charset=UTF-8" },
      json: objectResource(object, baseUrl),
    };
  }

  async #cancel(session: SessionRecord): Promise<never> {
    const { sessions, writer, blobs } = this.#options;
    await writer.takeOver(session.id);
    const now = this.#find(session.id);
    if (now.object === undefined) {
      sessions.put({ ...now, state: "cancelled" });
      await blobs.remove(now.blob);
    }
    throw new StorageFailure("upload_cancelled");
  }

  async #expire(session: SessionRecord): Promise<void> {
    const { sessions, writer, blobs } = this.#options;
    await writer.takeOver(session.id);
    const { id, api, createdMs, blob, object } = sessions.get(session.id) ?? session;
    const nameless = { bucket: "", name: "", attributes: {}, preconditions: {}, declared: {} };
    const rest = { api, createdMs, blob, held: 0, origin: undefined };
    sessions.put({ ...nameless, ...rest, id, state: "expired" });
    if (object === undefined) await blobs.remove(blob);
  }
}

/** `308` with what is held; without `Range` where nothing is. */
function incomplete(held: number): Reply {
  const range = formatHeld(held);
  const headers = range === undefined ? {} : { Range: range };
  return { status: 308, headers: { ...headers, "Content-Length": 0 } };
}

async function beyond(start: number, held: number, body: RequestBody): Promise<Reply> {
  await drain(body);
  const text = `Invalid request. According to the Content-Range header, the upload offset is ` +
    `${start} byte(s), which exceeds already uploaded size of ${held} byte(s).`;
  return { status: 503, headers: { "Content-Type": "text/plain; charset=utf-8" }, body: text };
}

function checkLength({ start, end, total }: BytesRange, length: number | undefined): void {
  if (length === undefined) return;
  const most = (end === undefined ? total ?? Infinity : end + 1) - start;
  if (length === most || (end === undefined && length < most)) return;
  throw new StorageFailure(
    "bad_request",
    `Invalid request. There were ${length} byte(s) in the request body. There should have been ${most} byte(s) according to the Content-Range header.`,
  );
}

function withMetadataOf(
  call: Call,
  attributes: SessionRecord["attributes"],
): SessionRecord["attributes"] {
  const added = metadataOfHeaders(call);
  if (added === undefined) return attributes;
  return { ...attributes, metadata: { ...attributes.metadata, ...added } };
}
