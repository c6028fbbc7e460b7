/** The ports of the edge: what its handlers and middleware need from outside. `services` fills them with adapters/. */
import type { ImageId, RandomBytes } from "@tintype/core/model/image_id";
import type { MediaType } from "@tintype/core/model/media_type";
import type { ImageRef } from "@tintype/core/model/object_name";
import type { Owner } from "@tintype/core/model/owner";
import type { Tenant } from "@tintype/core/model/tenant";
import type { Clock } from "@tintype/core/ports/clock";
import type { ObjectCreator, ObjectLister, ObjectReader } from "@tintype/core/ports/object_store";
import type { ErasureQuota, Quota, QuotaReader } from "@tintype/core/ports/quota";
import type { TenantOrigins, TenantPlans } from "@tintype/core/ports/tenants";
import type { UploadSessions } from "@tintype/core/ports/upload_sessions";
import type { ReadUrlSigner } from "@tintype/core/ports/url_signer";
import type { ImageCaller } from "@tintype/core/reading/own_image";
import type { RetentionPolicy } from "@tintype/core/retention/policy";
import type { PageSettings } from "./page_settings.ts";

/** Somebody of a tenant. */
interface OwnerSubject {
  readonly tenant: Tenant;
  /** Leaves the edge as a pseudonym only. */
  readonly subject: string;
}

/** What a verified token says. */
export interface TokenClaims extends OwnerSubject {
  readonly scopes: ReadonlySet<string>;
  /** When the token is refused for its age, tolerance included, in milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** Who calls: everything is read from the token alone. */
export interface Caller extends ImageCaller {
  readonly scopes: ReadonlySet<string>;
  /** Where the token is a grant. */
  readonly grant?: Grant;
}

/** What somebody without a token of their own may upload, for an owner of the granter's tenant. */
export interface Grant {
  /** As secret as the grant itself: who has it can revoke, with the granter's scope. */
  readonly grantId: string;
  readonly tenant: Tenant;
  /** The owner's pseudonyms by UTC day, one or two: T0 of its images lies between issue and end. */
  readonly owners: Readonly<Record<string, Owner>>;
  readonly contentTypes?: readonly MediaType[] | undefined;
  readonly maxBytes?: number | undefined;
  /** Images at most. */
  readonly count: number;
  /** The reference of each image of it, whatever its holder sends. */
  readonly ref?: string | undefined;
  /** Whole seconds, in milliseconds since the epoch, as is `endsAtMs`. */
  readonly issuedAtMs: number;
  readonly endsAtMs: number;
}

/** Signs and checks grants by the edge's own key. */
export interface GrantTokens {
  sign(grant: Grant): Promise<string>;
  /** Whether a token says that it is a grant: which key checks it follows from that alone. */
  isGrant(token: string): boolean;
  /** Throws `unauthenticated`. */
  verify(token: string): Promise<Grant>;
}

/** An image that a grant asks about. */
export interface ImageOfGrant extends Pick<Grant, "tenant" | "grantId"> {
  readonly imageId: ImageId;
}

/** Counts of live grants. All but `open` and `revoke` throw `unauthenticated` for a grant that was revoked. */
export interface Grants {
  /** Throws `quota_exceeded` where the tenant has too many. */
  open(grant: Pick<Grant, "tenant" | "grantId" | "count" | "endsAtMs">): Promise<void>;
  /** Counts an image once, and whether this call did; throws `forbidden` where the grant has none left. */
  take(image: ImageOfGrant): Promise<boolean>;
  /** Gives an image back that nothing can come of any more. */
  giveBack(image: ImageOfGrant): Promise<void>;
  /** Whether the grant has taken the image. */
  holds(image: ImageOfGrant): Promise<boolean>;
  /** Whether there was such a grant. */
  revoke(grant: Pick<Grant, "tenant" | "grantId">): Promise<boolean>;
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

/** Counts a request: words of closed lists, a tenant, no id. */
export interface RequestCounter {
  count(request: {
    readonly tenant: string | undefined;
    readonly method: string;
    /** The route's pattern. */
    readonly route: string;
    readonly status: number;
    /** The code of its problem. */
    readonly code: string | undefined;
    readonly ms: number;
  }): void;
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
  /** Whose tokens are taken. */
  readonly issuer: string;
  /** Who is behind a token; throws `unauthenticated`, and `unavailable` where keys cannot be had. */
  readonly callerOf: (token: string) => Promise<Caller>;
  /** The pseudonym of a subject on the UTC day of a time. */
  readonly ownerOf: (who: OwnerSubject, timeMs: number) => Promise<Owner>;
  readonly grantTokens: GrantTokens;
  readonly grants: Grants;
  readonly raw: ObjectLister & ObjectCreator;
  readonly processed: ObjectReader & ObjectLister;
  readonly erasures: ObjectCreator & ObjectReader;
  readonly sessions: UploadSessions;
  readonly urlSigner: ReadUrlSigner;
  /** Signs reads of raw objects by an identity of its own; where one is configured. */
  readonly originalSigner?: ReadUrlSigner | undefined;
  readonly quota: Quota & ErasureQuota & QuotaReader;
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
  readonly requests?: RequestCounter | undefined;
}
