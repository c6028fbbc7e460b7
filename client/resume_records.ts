import { fieldsOf } from "@tintype/gcs/json_fields";
import { hashOf } from "./digests.ts";
import type { TokenSource } from "./edge_caller.ts";
import {
  forgivingStore,
  MemoryResumeStore,
  type ResumeRecord,
  type ResumeStore,
} from "./resume_store.ts";

/** What an upload is recognised by when it is begun again. */
export interface UploadIdentity {
  /** A digest of the file, or hashes of its ends. */
  readonly content: string;
  readonly size: number;
  readonly contentType: string;
  readonly preset: string | undefined;
  readonly ref: string | undefined;
}

/** The one record of an upload. */
export interface OpenRecord {
  get(): Promise<ResumeRecord | undefined>;
  put(record: ResumeRecord): Promise<void>;
  remove(): Promise<void>;
  /** Lets another upload of the same file have it. */
  close(): void;
}

/** Who sends, and where to: what else a key is made of. */
export interface ResumeRecordsOptions {
  readonly store: ResumeStore;
  readonly edge: string;
  /** Separates people who share a store; the token's own `iss` and `sub` where it is not given. */
  readonly account: string | undefined;
  readonly token: TokenSource;
}

/** The records of one client's uploads. */
export class ResumeRecords {
  readonly #options: ResumeRecordsOptions;
  readonly #store: ResumeStore;
  readonly #inUse = new Set<string>();

  constructor(options: ResumeRecordsOptions) {
    this.#options = options;
    this.#store = forgivingStore(options.store);
  }

  /** The record of an upload. Two uploads of one file at the same time are two images: the second one has no record. */
  async open(upload: UploadIdentity): Promise<OpenRecord> {
    const { content, size, contentType, preset = "", ref = "" } = upload;
    const { edge, token, account = accountOf(await token({})) } = this.#options;
    const identity = JSON.stringify([edge, account, content, size, contentType, preset, ref]);
    const key = await hashOf(new TextEncoder().encode(identity));
    const isTaken = this.#inUse.has(key);
    this.#inUse.add(key);
    const store = isTaken ? new MemoryResumeStore() : this.#store;
    return {
      get: () => store.get(key),
      put: (record) => store.put(key, record),
      remove: () => store.remove(key),
      close: () => void (isTaken || this.#inUse.delete(key)),
    };
  }
}

/** Who a JWT speaks of, or which grant it is, as grants name nobody: it only keeps records apart. */
function accountOf(token: string): string {
  const { iss, jti, sub = jti } = claimsOf(token);
  return JSON.stringify([iss, sub]);
}

/** What a JWT says (RFC 7519), read without looking at its signature; nothing where it is none. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const [, payload = ""] = token.split(".");
  try {
    return fieldsOf(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return {};
  }
}
