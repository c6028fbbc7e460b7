/** What the tests of the queue, and of the page around it, send to and keep files in. */
import { setImmediate as turn } from "node:timers/promises";
import type { Client, Image, Upload } from "../client.ts";
import { UploadError } from "../problem.ts";
import type { KeptFile, KeptFiles } from "../queue/kept_files.ts";
import type { QueueCalls } from "../queue/queue_item.ts";
import { UploadQueue } from "../queue/upload_queue.ts";
import type { UploadProgress } from "../upload_progress.ts";

/** An upload that a test ends, or sees paused and cancelled; it has had its turn. */
interface TestUpload {
  readonly file: File;
  readonly did: string[];
  tell(progress: Partial<UploadProgress>): void;
  end(imageId: string): void;
  fail(error: Error): void;
}

/** What the calls of a test answer. */
export interface TestAnswers {
  readonly images?: Readonly<Record<string, Partial<Image>>> | undefined;
  /** Whether an image is still processed; none is where it is not given. */
  readonly isProcessing?: (imageId: string) => boolean;
  readonly maxBytes?: number;
}

/** Calls whose uploads the test ends, those that have had their turn in `uploads`, and whose images are what it says. */
export function testCalls(
  { images = {}, isProcessing = () => false, maxBytes = 9 }: TestAnswers = {},
) {
  const uploads: TestUpload[] = [];
  const asked: string[] = [];
  const upload: QueueCalls["upload"] = (file, { onProgress = () => undefined, turn } = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ imageId: string }>();
    const did: string[] = [];
    let waiting = new AbortController();
    const begin = async () => {
      await turn?.(waiting.signal);
      uploads.push({
        file: file as File, // the queue hands over files alone
        did,
        tell: (progress) =>
          onProgress({ state: "sending", heldBytes: 0, sentBytes: 0, totalBytes: 5, ...progress }),
        end: (imageId) => resolve({ imageId }),
        fail: reject,
      });
    };
    const start = () => void begin().catch(() => undefined);
    start();
    const controls = {
      pause: () => (did.push("pause"), waiting.abort()),
      resume() {
        did.push("resume");
        const hadNoTurn = !uploads.some((each) => each.did === did);
        waiting = new AbortController();
        if (hadNoTurn) start();
      },
      cancel: async () => {
        did.push("cancel");
        reject(new UploadError({ status: 0, code: "cancelled", detail: "" }));
      },
      state: "sending" as const,
    };
    return Object.assign(promise, controls) as unknown as Upload; // as the client makes it
  };
  const imageOf = (imageId: string) => {
    const status = isProcessing(imageId) ? "processing" : "ready";
    return {
      imageId,
      status,
      renditions: [],
      metadata: {},
      ...images[imageId],
    } as unknown as Image; // what is read
  };
  const calls: QueueCalls = {
    upload,
    images: {
      get: async (imageId) => (asked.push(imageId), imageOf(imageId)),
      states: async (ids) => (asked.push(ids.join()), { images: ids.map(imageOf) }),
    },
    limits: () =>
      Promise.resolve({
        ...{
          contentTypes: ["image/jpeg", "image/heic"],
          maxBytes,
          presets: [],
          requestsPerMinute: 600,
        },
        ...{ images: { perDay: 9, left: 9 }, resetsAt: "" },
      }),
  };
  return { calls, uploads, asked };
}

/** A client with a queue over such calls. */
export function testClient(answers: TestAnswers = {}) {
  const { calls, uploads } = testCalls(answers);
  const client = { ...calls, queue: (options) => new UploadQueue(calls, options) } as Client; // what the page calls
  return { client, uploads };
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
  for (let turns = 0; turns < 30; turns++) await turn();
}
