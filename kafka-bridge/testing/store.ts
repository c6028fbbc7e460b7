/** The local storage as a process of the package's tests: what it holds, and the faults that it is to have. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startProgram } from "@tintype/core/testing/start_program";

/** The raw objects, and how the storage fails. */
interface Store {
  /** Names of the raw objects, ascending. */
  names(): Promise<string[]>;
  /** MD5 of each raw object, in base64, by its name. */
  objects(): Promise<Map<string, string>>;
  fault(fault: unknown): Promise<void>;
  clearFaults(): Promise<void>;
}

/** A storage that runs. */
export interface RunningStore extends Store {
  readonly url: string;
  kill(): Promise<void>;
}

/** Starts a storage that keeps its objects below `folder`. */
export async function startStore(folder: string): Promise<RunningStore> {
  const storage = startProgram(["local/storage/serve.ts"], {
    PORT: "0",
    DATA_DIR: join(folder, "storage"),
    PUBSUB_URL: "http://127.0.0.1:9",
  });
  const url = String((await storage.line("listening"))["url"]);
  const control = async (method: string, body?: unknown) => {
    const response = await fetch(`${url}/_local/faults`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(response.ok, await response.text());
  };
  return {
    url,
    names: async () => [...(await objectsOf(url)).keys()].sort(),
    objects: () => objectsOf(url),
    fault: (fault) => control("POST", fault),
    clearFaults: () => control("DELETE"),
    async kill() {
      await storage.kill("SIGKILL");
    },
  };
}

async function objectsOf(storageUrl: string): Promise<Map<string, string>> {
  const objects = new Map<string, string>();
  for (let pageToken: string | undefined = "";;) {
    const query = `fields=items(name,md5Hash),nextPageToken&maxResults=1000&pageToken=${pageToken}`;
    const response = await fetch(`${storageUrl}/storage/v1/b/tintype-raw/o?${query}`);
    const page = await response.json() as {
      readonly items?: readonly { readonly name: string; readonly md5Hash: string }[];
      readonly nextPageToken?: string;
    }; // Cloud Storage's list
    for (const { name, md5Hash } of page.items ?? []) objects.set(name, md5Hash);
    if (page.nextPageToken === undefined) return objects;
    pageToken = encodeURIComponent(page.nextPageToken);
  }
}
