/// <reference lib="dom" />
import { resultOf } from "../indexed_db_store.ts";
import type { UploadOptions } from "../upload.ts";

/** A file of the queue as it is kept in this browser between reloads. */
export interface KeptFile {
  readonly id: string;
  /** Whose queue it is in. */
  readonly account: string;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly addedAtMs: number;
  /** Absent once the store has all of it. */
  readonly file?: File | undefined;
  /** Known once the store has all of it. */
  readonly imageId?: string | undefined;
  readonly isPaused: boolean;
  readonly metadata?: UploadOptions["metadata"] | undefined;
}

/** Keeps the queue's files; a browser that has no room for one says so, and the queue goes on without. */
export interface KeptFiles {
  /** False where it could not be kept. */
  put(file: KeptFile): Promise<boolean>;
  remove(id: string): Promise<void>;
  /** All of an account, in the order in which they were added. */
  all(account: string): Promise<KeptFile[]>;
  /** Removes what any account added before a time, in milliseconds since the epoch. */
  removeBefore(timeMs: number): Promise<void>;
}

const STORE = "files";

/** Opens the queue's database; one that keeps nothing where the browser gives none (private windows of some). */
export async function openKeptFiles(name = "tintype-queue"): Promise<KeptFiles> {
  const database = await openDatabase(name).catch(() => undefined);
  if (database === undefined) return keepsNothing;
  const run = async <T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<T>) =>
    await resultOf(use(database.transaction(STORE, mode).objectStore(STORE)));
  const every = (): Promise<KeptFile[]> =>
    run<KeptFile[]>("readonly", (store) => store.getAll()).catch(() => []);
  return {
    put: (file) => run("readwrite", (store) => store.put(file)).then(() => true, () => false),
    remove: (id) => run("readwrite", (store) => store.delete(id)).catch(() => undefined),
    async removeBefore(timeMs) {
      const old = (await every()).filter(({ addedAtMs }) => addedAtMs < timeMs);
      for (const { id } of old) {
        await run("readwrite", (store) => store.delete(id)).catch(() => undefined);
      }
    },
    async all(account) {
      return (await every()).filter((file) => file.account === account)
        .sort((a, b) => a.addedAtMs - b.addedAtMs || a.id.localeCompare(b.id));
    },
  };
}

const keepsNothing: KeptFiles = {
  put: () => Promise.resolve(false),
  remove: () => Promise.resolve(),
  all: () => Promise.resolve([]),
  removeBefore: () => Promise.resolve(),
};

async function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
  return await resultOf(request);
}

/** Empties every store of one of this origin's databases, whoever else has it open; one that is not there stays so. */
export async function clearDatabase(name: string): Promise<void> {
  const all = await indexedDB.databases();
  if (!all.some((each) => each.name === name)) return;
  const database = await resultOf(indexedDB.open(name));
  const stores = [...database.objectStoreNames];
  if (stores.length > 0) {
    const transaction = database.transaction(stores, "readwrite");
    for (const store of stores) transaction.objectStore(store).clear();
    await new Promise((resolve) => transaction.oncomplete = resolve);
  }
  database.close();
}
