import { setImmediate as turn } from "node:timers/promises";
import type { Client, Image, Upload, UploadOptions } from "@tintype/client/client";
import { UploadError } from "@tintype/client/problem";
import type { KeptFile, KeptFiles } from "./queue/kept_files.ts";

/** An upload that a test ends, or sees paused and cancelled. */
interface TestUpload {
  readonly file: File;
  readonly did: string[];
  readonly tell: NonNullable<UploadOptions["onProgress"]>;
  end(imageId: string): void;
  fail(error: Error): void;
}

/** A client whose uploads the test ends, and whose images are what the test says. */
export function testClient(images: Readonly<Record<string, Partial<Image>>> = {}) {
  const uploads: TestUpload[] = [];
  const upload: Client["upload"] = (file, { onProgress = () => undefined } = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ imageId: string }>();
    const did: string[] = [];
    uploads.push({
      file: file as File, // the queue hands over files alone
      did,
      tell: onProgress,
      end: (imageId) => resolve({ imageId }),
      fail: reject,
    });
    const controls = {
      pause: () => void did.push("pause"),
      resume: () => void did.push("resume"),
      cancel: async () => {
        did.push("cancel");
        reject(new UploadError({ status: 0, code: "cancelled", detail: "" }));
      },
      state: "sending" as const,
    };
    return Object.assign(promise, controls) as Upload; // as the client makes it
  };
  const waitUntilReady: Client["waitUntilReady"] = async (imageId) =>
    ({ imageId, status: "ready", renditions: [], ...images[imageId] }) as Image; // what the queue reads
  return { client: { upload, waitUntilReady } as Client, uploads };
}

/** Files that are kept in memory, as a browser keeps them. */
export function memoryFiles(): KeptFiles & { readonly held: Map<string, KeptFile> } {
  const held = new Map<string, KeptFile>();
  return {
    held,
    put: async (file) => (held.set(file.id, file), true),
    remove: async (id) => void held.delete(id),
    async removeBefore(timeMs) {
      for (const { id, addedAtMs } of held.values()) if (addedAtMs < timeMs) held.delete(id);
    },
    all: async (account) => [...held.values()].filter((file) => file.account === account),
  };
}

/** Pictures that are five bytes each: `1.jpg`, `2.jpg` … */
export function photos(count: number): File[] {
  return Array.from(
    { length: count },
    (_, at) => new File(["12345"], `${at + 1}.jpg`, { type: "image/jpeg" }),
  );
}

/** Resolves when whatever can go on by itself has. */
export async function untilStill(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await turn();
}
