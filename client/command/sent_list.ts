import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Picture } from "@tintype/cli/find_pictures";
import type { SentPicture } from "./sent_picture.ts";

/** Which command's list it is: the same command finds it again. */
export interface SentListOptions {
  readonly state: string;
  readonly to: string;
  readonly words: readonly string[];
  readonly watch: string | undefined;
}

/** Remembers what a command has sent, so that it does not send it again when it goes on after an interruption. */
export class SentList {
  readonly #path: string;
  #known: Promise<Map<string, SentPicture>> | undefined;
  #adding: Promise<void> = Promise.resolve();

  constructor({ state, to, words, watch }: SentListOptions) {
    const name = hashOf(JSON.stringify([to, words, watch]));
    this.#path = join(state, `sent-${name}.jsonl`);
  }

  /** What became of the file as it is now: one that was changed since is another. */
  async get(picture: Picture): Promise<SentPicture | undefined> {
    return (await this.#open()).get(await keyOf(picture));
  }

  /** Notes what became of it, one note after another: the newest counts. */
  async add(picture: Picture, sent: SentPicture): Promise<void> {
    this.#adding = this.#adding.catch(() => undefined).then(() => this.#note(picture, sent));
    await this.#adding;
  }

  async #note(picture: Picture, sent: SentPicture): Promise<void> {
    const key = await keyOf(picture);
    (await this.#open()).set(key, sent);
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await appendFile(this.#path, `${JSON.stringify([key, sent])}\n`, { mode: 0o600 });
  }

  /** Forgets all: the next run sends everything anew. */
  async clear(): Promise<void> {
    this.#known = undefined;
    await rm(this.#path, { force: true });
  }

  async #open(): Promise<Map<string, SentPicture>> {
    this.#known ??= readFile(this.#path, "utf8").then(entriesOf, () => new Map());
    return await this.#known;
  }
}

function entriesOf(text: string): Map<string, SentPicture> {
  const known = new Map<string, SentPicture>();
  for (const line of text.split("\n")) {
    try {
      const [key, sent] = JSON.parse(line) as [string, SentPicture]; // `add` wrote it
      known.set(key, sent);
    } catch {
      // the last line of a run that was killed, or the end
    }
  }
  return known;
}

async function keyOf({ path }: Picture): Promise<string> {
  const facts = await stat(path).catch(() => undefined);
  return hashOf(JSON.stringify([path, facts?.size, facts?.mtimeMs]));
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
