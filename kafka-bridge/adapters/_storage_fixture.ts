/** The local storage for tests of the creator. */
import { makeImageId } from "@tintype/core/model/image_id";
import { type ObjectName, rawName } from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import type { ObjectCreator } from "@tintype/core/ports/object_store";
import { PNG_PIXEL_SHA256 } from "@tintype/core/testing/sample_images";
import { startEmulator } from "@tintype/core/testing/start_emulator";
import { gcsObjectCreator } from "./gcs_object_creator.ts";

/** When every image of these tests came, in milliseconds since the epoch. */
export const T0_MS = Date.UTC(2026, 0, 15, 12);

/** What an object is created with. */
export const OPTIONS = {
  contentType: "image/png",
  customTimeMs: T0_MS,
  metadata: { source: "kafka", sha256: PNG_PIXEL_SHA256 },
};

/** The local storage that runs. */
export interface RunningStorage {
  creatorOf(timeoutMs?: number): ObjectCreator;
  /** A name that no other test has. */
  newName(): ObjectName;
  /** Does something else with the next uploads. */
  fault(action: unknown, match?: Readonly<Record<string, unknown>>): Promise<void>;
  /** The object's resource, or an error's document. */
  resourceOf(name: ObjectName): Promise<Readonly<Record<string, unknown>>>;
  bytesOf(name: ObjectName): Promise<Buffer>;
  close(): Promise<unknown>;
}

/** Starts the local storage in a folder of its own. */
export async function startStorage(): Promise<RunningStorage> {
  const { url: endpoint, control, stop } = await startEmulator("storage");
  const ask = (name: ObjectName, query = "") =>
    fetch(`${endpoint}/storage/v1/b/tintype-raw/o/${encodeURIComponent(name)}${query}`);
  let made = 0;
  return {
    creatorOf: (timeoutMs = 5_000) =>
      gcsObjectCreator({ bucket: "tintype-raw", endpoint, timeoutMs }),
    newName() {
      const ref = { tenant: parseTenant("stream"), owner: parseOwner("a".repeat(20)) };
      return rawName({ ...ref, imageId: makeImageId(T0_MS, new Uint8Array(10).fill(++made)) });
    },
    async fault(action, match = {}) {
      const fault = { match: { path: "^/upload/", ...match }, times: 1, action };
      await control("POST", "/_local/faults", fault);
    },
    resourceOf: async (name) => await (await ask(name)).json(),
    bytesOf: async (name) => Buffer.from(await (await ask(name, "?alt=media")).arrayBuffer()),
    close: () => stop(),
  };
}
