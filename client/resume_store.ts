import type { SessionUpload } from "./resumable_session.ts";

/** What must be known to go on with an upload after a reload or a restart. */
export interface ResumeRecord {
  readonly imageId: string;
  /** Absent until the edge has started one. Itself a credential: whoever has it can write. */
  readonly session?: SessionUpload | undefined;
  /** From then on it is of no use, in milliseconds since the epoch. */
  readonly keepUntilMs: number;
}

/** Keeps records by key; a key names a file by its content, and who sends it where. */
export interface ResumeStore {
  get(key: string): Promise<ResumeRecord | undefined>;
  /** Also forgets records whose time is over. */
  put(key: string, record: ResumeRecord): Promise<void>;
  remove(key: string): Promise<void>;
}

/**
 * A store that never fails, since an upload goes on without one: what cannot be read is not there, what cannot be
 * written (a full disk, a browser's private window) will not be resumed after a reload.
 */
export function forgivingStore(store: ResumeStore): ResumeStore {
  return {
    get: async (key) => {
      const record = await store.get(key).catch(() => undefined);
      return record !== undefined && record.keepUntilMs > Date.now() ? record : undefined;
    },
    put: (key, record) => store.put(key, record).catch(() => undefined),
    remove: (key) => store.remove(key).catch(() => undefined),
  };
}

/** Keeps records as long as the page or the process lives. */
export class MemoryResumeStore implements ResumeStore {
  readonly #records = new Map<string, ResumeRecord>();

  async get(key: string): Promise<ResumeRecord | undefined> {
    return this.#records.get(key);
  }

  async put(key: string, record: ResumeRecord): Promise<void> {
    for (const [other, { keepUntilMs }] of this.#records) {
      if (keepUntilMs <= Date.now()) this.#records.delete(other);
    }
    this.#records.set(key, record);
  }

  async remove(key: string): Promise<void> {
    this.#records.delete(key);
  }
}
