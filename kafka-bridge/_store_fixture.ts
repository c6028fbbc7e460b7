/** The local storage as a process of the package's tests: what it holds, and the faults that it is to have. */
import { startEmulator } from "@tintype/core/testing/start_emulator";

/** The raw objects, and how the storage fails. */
export interface Store {
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

/** Starts a storage of its own. */
export async function startStore(): Promise<RunningStore> {
  const storage = await startEmulator("storage");
  const { url } = storage;
  return {
    url,
    names: async () => [...(await objectsOf(url)).keys()].sort(),
    objects: () => objectsOf(url),
    fault: async (fault) => void await storage.control("POST", "/_local/faults", fault),
    clearFaults: async () => void await storage.control("DELETE", "/_local/faults"),
    kill: async () => void await storage.stop(),
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
