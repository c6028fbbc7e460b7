/** Sends pictures with the client, several at a time, and waits until each has come to an end. */
import { type Client, type Image, UploadError, type UploadProgress } from "../client.ts";
import { openFile } from "../node/file_source.ts";
import type { Picture } from "@tintype/cli/find_pictures";
import type { SentList } from "./sent_list.ts";
import type { SentPicture } from "./sent_picture.ts";

export type { SentPicture };

/** How to send. */
export interface SendPicturesOptions {
  /** The client for the picture of a place in the list. */
  readonly clientFor: (index: number) => Client;
  readonly atOnce: number;
  readonly isReadyAwaited?: boolean;
  /** Pauses what is under way, so that it can go on another time, and begins nothing more. */
  readonly signal: AbortSignal;
  /** What an interrupted run has sent already; it is not sent again. */
  readonly list?: Pick<SentList, "get" | "add">;
  readonly onProgress?: (picture: Picture, progress: UploadProgress) => void;
  readonly onDone?: (sent: SentPicture) => void;
}

const READY_TIMEOUT_MS = 180_000;
/** What waits for another time is not lost. */
const INTERRUPTED = Symbol("interrupted");

/** Sends every picture; the results in the pictures' order, without those that were interrupted. */
export async function sendPictures(
  pictures: Iterable<Picture> | AsyncIterable<Picture>,
  options: SendPicturesOptions,
): Promise<SentPicture[]> {
  const results: SentPicture[] = [];
  const places = placesOf(pictures);
  const worker = async () => {
    for await (const { picture, index } of places) {
      if (options.signal.aborted) break;
      const sent = await sendOne(picture, { ...options, client: options.clientFor(index) });
      if (sent === INTERRUPTED) break;
      results[index] = sent;
      options.onDone?.(sent);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, worker));
  return results.filter(Boolean);
}

/** Pictures with their places; one source for all workers. */
async function* placesOf(pictures: Iterable<Picture> | AsyncIterable<Picture>) {
  let index = 0;
  for await (const picture of pictures) yield { picture, index: index++ };
}

async function sendOne(
  picture: Picture,
  options: SendPicturesOptions & { readonly client: Client },
): Promise<SentPicture | typeof INTERRUPTED> {
  const facts = { file: picture.name, bytes: picture.bytes, renditions: 0, readyMs: null } as const;
  const { client, signal, list } = options;
  const known = await list?.get(picture);
  let imageId = known?.imageId ?? null;
  try {
    imageId ??= await uploadOrPause(picture, options);
    const uploaded = { ...facts, imageId, status: "uploaded" } as const;
    if (known === undefined) await list?.add(picture, uploaded);
    if (known !== undefined && known.status !== "uploaded") return known;
    if (options.isReadyAwaited === false) return uploaded;
    const storedMs = performance.now();
    const image = await client.waitUntilReady(imageId, { timeoutMs: READY_TIMEOUT_MS, signal });
    const readyMs = Math.round(performance.now() - storedMs);
    const sent = { ...facts, ...outcomeOf(image), readyMs };
    await list?.add(picture, sent);
    return sent;
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    return { ...facts, imageId, ...failureOf(error, imageId) };
  }
}

async function uploadOrPause(
  picture: Picture,
  { client, signal, onProgress }: SendPicturesOptions & { readonly client: Client },
): Promise<string> {
  const file = await openFile(picture.path, { type: picture.contentType });
  const upload = client.upload(file, { onProgress: (progress) => onProgress?.(picture, progress) });
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  const interrupt = () => {
    upload.pause();
    reject(signal.reason);
  };
  signal.addEventListener("abort", interrupt);
  try {
    return (await Promise.race([upload, interrupted])).imageId;
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
}

/** What a result takes from an image's own record. */
export function outcomeOf({ imageId, status, reason, renditions }: Image) {
  return {
    imageId,
    status: status === "processing" ? "lost" as const : status,
    ...(reason === undefined ? {} : { reason }),
    renditions: renditions.length,
  };
}

/** A picture that cannot be read is lost like one that cannot be sent; what else is thrown is nobody's upload. */
function failureOf(
  error: unknown,
  imageId: string | null,
): Pick<SentPicture, "status" | "reason" | "detail"> {
  if (!(error instanceof UploadError)) {
    if (error instanceof Error && "code" in error) {
      return { status: "lost", reason: "unreadable", detail: error.message };
    }
    throw error;
  }
  const { code, status, detail } = error.problem;
  const isRefused = imageId === null && status >= 400 && status < 500;
  return { status: isRefused ? "refused" : "lost", reason: code, detail };
}
