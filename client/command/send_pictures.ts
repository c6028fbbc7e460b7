/** Sends pictures with the client's queue and waits until each has come to an end. */
import type { Picture } from "@tintype/cli/find_pictures";
import { shownText } from "@tintype/cli/shown_text";
import type { Client, Image, QueueItem, QueueTotals } from "../client.ts";
import { openFile } from "../node/file_source.ts";
import type { ItemProblem } from "../queue/queue_item.ts";
import { UploadQueue } from "../queue/upload_queue.ts";
import type { SentList } from "./sent_list.ts";
import type { SentPicture } from "./sent_picture.ts";

export type { SentPicture };

/** How to send. */
export interface SendPicturesOptions {
  /** The client for the picture of a place in the list. */
  readonly clientFor: (index: number) => Client;
  readonly atOnce: number;
  readonly isReadyAwaited?: boolean;
  /** Whether no more than `atOnce` are under way in all, what is processed among them. */
  readonly holdsLine?: boolean;
  /** Pauses what is under way, so that it can go on another time, and begins nothing more. */
  readonly signal: AbortSignal;
  /** What an interrupted run has sent already; it is not sent again. */
  readonly list?: Pick<SentList, "get" | "add">;
  readonly onProgress?: (totals: QueueTotals, waitsFor: string | undefined) => void;
  readonly onDone?: (sent: SentPicture) => void;
}

/** Sends every picture; the results in the pictures' order, without those that were interrupted. */
export async function sendPictures(
  pictures: Iterable<Picture> | AsyncIterable<Picture>,
  options: SendPicturesOptions,
): Promise<SentPicture[]> {
  const { clientFor, atOnce, holdsLine = false, signal, list, onDone, onProgress } = options;
  const results: SentPicture[] = [];
  const places = new Map<string, { readonly picture: Picture; readonly index: number }>();
  const noted: Promise<void>[] = [];
  /** A mistake, of the program or its call, is nobody's upload. */
  let failure: ItemProblem | undefined;
  const finish = (sent: SentPicture, index: number) => {
    results[index] = sent;
    onDone?.(sent);
  };
  const onEnd = (item: QueueItem) => {
    const place = places.get(item.id);
    if (place === undefined || signal.aborted) return;
    if (item.problem?.code === "internal" && item.image === undefined) {
      failure ??= item.problem;
      return queue.stop();
    }
    const sent = sentOf(item);
    if (sent.status !== "refused" && sent.status !== "lost") {
      noted.push(list?.add(place.picture, sent) ?? Promise.resolve());
    }
    finish(sent, place.index);
  };
  const onStored = (item: QueueItem) => {
    const place = places.get(item.id);
    if (place !== undefined) {
      noted.push(list?.add(place.picture, uploadedOf(item)) ?? Promise.resolve());
    }
  };
  const queue = new UploadQueue(clientFor(0), {
    ...{ atOnce, holdsLine, onEnd, onStored },
    until: options.isReadyAwaited === false ? "stored" : "ready",
    onChange: () => onProgress?.(queue.totals, waitsFor(queue.items)),
  });
  const interrupt = () => queue.stop();
  signal.addEventListener("abort", interrupt);
  let index = 0;
  for await (const picture of pictures) {
    if (signal.aborted || failure !== undefined) break;
    const known = await list?.get(picture);
    if (known !== undefined && (known.status !== "uploaded" || options.isReadyAwaited === false)) {
      finish(known, index++);
      continue;
    }
    const { name, path, bytes: size, contentType: type } = picture;
    const open = () => openFile(path, { type });
    const id = String(index);
    places.set(id, { picture, index });
    await queue.add([{
      ...{ id, name, size, type, open, client: clientFor(index) },
      imageId: known?.imageId ?? undefined,
    }]);
    index++;
  }
  await queue.idle();
  signal.removeEventListener("abort", interrupt);
  await Promise.all(noted);
  if (failure !== undefined) throw failure.cause ?? new Error(failure.detail);
  return results.filter(Boolean);
}

function waitsFor(items: readonly QueueItem[]): string | undefined {
  const waiting = items.filter(({ state }) => state === "waiting");
  return waiting[0] && `${waiting.length} waiting: ${waiting[0].problem?.code}`;
}

function uploadedOf({ name: file, size: bytes, imageId }: QueueItem): SentPicture {
  return {
    file,
    bytes,
    renditions: 0,
    readyMs: null,
    imageId: imageId ?? null,
    status: "uploaded",
  };
}

function sentOf(item: QueueItem): SentPicture {
  const { image, problem, readAtMs, storedAtMs } = item;
  const uploaded = uploadedOf(item);
  if (image !== undefined) {
    return { ...uploaded, ...outcomeOf(image), readyMs: readAtMs - storedAtMs };
  }
  if (problem === undefined) return uploaded;
  const { code, status, detail } = problem;
  // A picture that cannot be read is lost like one that cannot be sent.
  const isRefused = item.imageId === undefined && status >= 400 && status < 500;
  const said = { reason: code, detail: shownText(detail) };
  return { ...uploaded, status: isRefused ? "refused" : "lost", ...said };
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
