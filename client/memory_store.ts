import type { ResumeRecord, ResumeStore } from "./resume_store.ts";

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
