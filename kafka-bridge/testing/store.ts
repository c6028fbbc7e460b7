import type { Emulator } from "@tintype/core/testing/start_emulator";

const FAULTS = "/_local/faults";

/** The local storage as the package's tests ask it. */
export type RawStore = ReturnType<typeof rawStoreOf>;

/** What tests ask of the local storage: its raw objects, and its faults (`GET /_local` documents them). */
export function rawStoreOf({ url, control }: Emulator) {
  return {
    url,
    /** Names of the raw objects, ascending. */
    names: async () => [...(await objectsOf(url)).keys()].sort(),
    /** MD5 of each raw object, in base64, by its name. */
    objects: () => objectsOf(url),
    /** The custom metadata of a raw object. */
    metadataOf: (name: string) => metadataOf(url, name),
    fault: (fault: unknown) => control("POST", FAULTS, fault),
    clearFaults: () => control("DELETE", FAULTS),
  };
}

async function metadataOf(storageUrl: string, name: string): Promise<unknown> {
  const path = `/storage/v1/b/tintype-raw/o/${encodeURIComponent(name)}`;
  const { metadata } = await (await fetch(storageUrl + path)).json();
  return metadata;
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
