import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ResumeRecord, ResumeStore } from "../resume_store.ts";

/** Each record holds a session's address, which is a credential: for this user alone. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const EXTENSION = ".json";

/** Keeps records as files of a folder, so that they outlive the process. */
export class FileResumeStore implements ResumeStore {
  readonly #folder: string;
  #opened: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(key: string): Promise<ResumeRecord | undefined> {
    try {
      return JSON.parse(await readFile(this.#pathOf(key), "utf8")) as ResumeRecord; // `put` wrote it
    } catch {
      return undefined; // not there, or half of it
    }
  }

  async put(key: string, record: ResumeRecord): Promise<void> {
    await (this.#opened ??= this.#open());
    const path = this.#pathOf(key);
    const draft = `${path}.draft`;
    await writeFile(draft, JSON.stringify(record), { mode: FILE_MODE });
    await rename(draft, path);
  }

  async remove(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  #pathOf(key: string): string {
    return join(this.#folder, `${key}${EXTENSION}`);
  }

  /** Makes the folder, and forgets what is over. */
  async #open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
    for (const name of await readdir(this.#folder)) {
      if (!name.endsWith(EXTENSION)) continue;
      const key = name.slice(0, -EXTENSION.length);
      const record = await this.get(key);
      if (record === undefined || record.keepUntilMs <= Date.now()) await this.remove(key);
    }
  }
}
