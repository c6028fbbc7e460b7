/** The ports of the edge: what its handlers and middleware need from outside. `services` fills them with adapters/. */
import type { ImageId, RandomBytes } from "@tintype/core/model/image_id";
import type { ImageRef } from "@tintype/core/model/object_name";
import type { Tenant } from "@tintype/core/model/tenant";
import type { Clock } from "@tintype/core/ports/clock";
import type { ObjectCreator, ObjectLister, ObjectReader } from "@tintype/core/ports/object_store";
import type { ErasureQuota, Quota } from "@tintype/core/ports/quota";
import type { TenantOrigins, TenantPlans } from "@tintype/core/ports/tenants";
import type { UploadSessions } from "@tintype/core/ports/upload_sessions";
import type { ReadUrlSigner } from "@tintype/core/ports/url_signer";
import type { ImageCaller } from "@tintype/core/reading/own_image";
import type { RetentionPolicy } from "@tintype/core/retention/policy";
import type { PageSettings } from "./page_settings.ts";

/** What a verified token says. */
export interface TokenClaims {
  readonly tenant: Tenant;
  /** The user behind the token; leaves the edge as a pseudonym only. */
  readonly subject: string;
  readonly scopes: ReadonlySet<string>;
  /** When the token is refused for its age, tolerance included, in milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** Who calls: everything is read from the token alone. */
export interface Caller extends ImageCaller {
  readonly scopes: ReadonlySet<string>;
}

/** Counts requests by key within a window; false where the window is full. */
export interface RateLimit {
  readonly name: string;
  readonly requests: number;
  readonly windowSeconds: number;
  take(key: string): Promise<boolean>;
}

/** SHA-256 of bytes as they pass. */
export interface RunningDigest {
  update(chunk: Uint8Array): Promise<void>;
  /** Lower-case hex; nothing may be added after it. */
  hex(): Promise<string>;
}

/** Streams of the runtime that no web standard names. */
export interface ByteStreams {
  /** A pipe that is sent with a Content-Length of exactly `bytes`. */
  fixedLength(bytes: number): ReadableWritablePair<Uint8Array, Uint8Array>;
  /** A pipe that is sent chunked. */
  unsized(): ReadableWritablePair<Uint8Array, Uint8Array>;
  sha256(): RunningDigest;
}

/** The upload page's files as they were built. */
export interface PageFiles {
  /** The file at a path, with its type; 404 where there is none. */
  read(path: string): Promise<Response>;
}

/** Whose listing a cursor continues. */
export type CursorScope = Pick<ImageRef, "tenant" | "owner">;

/** Whose listing continues at an id, as an owner's pseudonym is another each day; undefined where nothing can. */
type CursorScopeAt = (before: ImageId) => Promise<CursorScope | undefined>;

/** Turns the place where a page ended into an opaque text, and back. */
export interface Cursors {
  seal(before: ImageId, scope: CursorScope): Promise<string>;
  /** The place, or undefined where the text was not sealed here for this listing. */
  open(cursor: string, scopeAt: CursorScopeAt): Promise<ImageId | undefined>;
}

/** One request's span: ids in lower-case hex, times in milliseconds since the epoch. */
export interface RequestSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Of the caller's span, where it named one. */
  readonly parentSpanId: string | undefined;
  /** The method and the route's pattern, never the path. */
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly status: number;
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/** Takes spans; never throws and never holds an answer up. */
export interface SpanSink {
  send(span: RequestSpan): Promise<void>;
}

/** Checks the `Authorization` header of a push; throws `unauthenticated` and `unavailable`. */
export type PushVerifier = (authorization: string | undefined) => Promise<void>;

/** Everything that handlers need from outside: ports, and what was configured. */
export interface EdgeServices {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly policy: RetentionPolicy;
  readonly tenants: TenantPlans & TenantOrigins;
  /** Who is behind a token; throws `unauthenticated`, and `unavailable` where keys cannot be had. */
  readonly callerOf: (token: string) => Promise<Caller>;
  readonly raw: ObjectLister & ObjectCreator;
  readonly processed: ObjectReader;
  readonly erasures: ObjectCreator & ObjectReader;
  readonly sessions: UploadSessions;
  readonly urlSigner: ReadUrlSigner;
  readonly quota: Quota & ErasureQuota;
  readonly addressLimit: RateLimit;
  readonly ownerLimit: RateLimit;
  readonly cursors: Cursors;
  readonly streams: ByteStreams;
  readonly page: PageSettings;
  readonly pageFiles: PageFiles;
  /** Where pushes of records are configured. */
  readonly pushVerifier?: PushVerifier | undefined;
  /** Where a collector is configured. */
  readonly spans?: SpanSink | undefined;
}
