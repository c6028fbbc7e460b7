/// <reference lib="dom" />
import type { ResumeRecord, ResumeStore } from "./resume_store.ts";

const RECORDS = "records";
const VERSION = 1;

/** Keeps records in a browser's IndexedDB, so that they outlive a reload and a crash. */
export class IndexedDbResumeStore implements ResumeStore {
  readonly #name: string;
  #database: Promise<IDBDatabase> | undefined;

  constructor(name = "tintype-uploads") {
    this.#name = name;
  }

  async get(key: string): Promise<ResumeRecord | undefined> {
    const records = await this.#open("readonly");
    const value: unknown = await resultOf(records.get(key));
    return value as ResumeRecord | undefined; // only `put` writes
  }

  async put(key: string, record: ResumeRecord): Promise<void> {
    const records = await this.#open("readwrite");
    const expired = IDBKeyRange.upperBound(Date.now());
    const cursors = records.index("keepUntilMs").openCursor(expired);
    cursors.onsuccess = () => {
      cursors.result?.delete();
      cursors.result?.continue();
    };
    await resultOf(records.put(record, key));
  }

  async remove(key: string): Promise<void> {
    const records = await this.#open("readwrite");
    await resultOf(records.delete(key));
  }

  /** Records in a transaction of their own; a database that did not open is opened again the next time. */
  async #open(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    this.#database ??= openDatabase(this.#name);
    try {
      return (await this.#database).transaction(RECORDS, mode).objectStore(RECORDS);
    } catch (error) {
      this.#database = undefined;
      throw error;
    }
  }
}

async function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(RECORDS).createIndex("keepUntilMs", "keepUntilMs");
  };
  const database = await resultOf(request);
  // Another tab with a newer version, or one that deletes the database, must not wait for this one.
  database.onversionchange = () => database.close();
  return database;
}

/** What a request of IndexedDB comes to; throws its error. */
export async function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return await new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
