/**
 * Sends pictures through the edge as clients would: a token of their own, a resumable session, a wait for the end;
 * then looks into the warehouse for each one's row.
 */
import { createClient, type Image } from "@tintype/client/client";
import { UploadError } from "@tintype/client/problem";
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { LOCAL, URLS } from "./local_names.ts";
import type { Door } from "./options.ts";
import type { Picture } from "./pictures.ts";

/** What happened to one picture. */
export interface PictureResult {
  readonly file: string;
  readonly door: Door;
  readonly imageId: string | null;
  /** `refused` where the door did not take it, `lost` where it never came to an end. */
  readonly status: "ready" | "rejected" | "failed" | "refused" | "lost";
  readonly reason?: string;
  readonly bytes: number;
  readonly renditions: number;
  readonly row: boolean;
  /** From the moment the image was whole in the store until it was ready or rejected, in milliseconds. */
  readonly readyMs: number | null;
}

/** How to send. */
export interface SendOptions {
  readonly onDone: (result: PictureResult) => void;
  readonly signal: AbortSignal;
}

const PICTURES_AT_ONCE = 6;
/** Subjects that the pictures are spread over, so that no owner's rate limit stands in the way. */
const SUBJECTS = 24;
const READY_TIMEOUT_MS = 180_000;
const tokenSchema = z.object({ access_token: z.string() });

/** Sends every picture through the edge; a result for each, in the pictures' order, rows not yet looked up. */
export async function sendThroughEdge(
  pictures: readonly Picture[],
  options: SendOptions,
): Promise<PictureResult[]> {
  const results: PictureResult[] = [];
  const queue = [...pictures.entries()];
  const worker = async () => {
    for (
      let next = queue.shift();
      next !== undefined && !options.signal.aborted;
      next = queue.shift()
    ) {
      const [index, picture] = next;
      const result = await sendOne(picture, {
        subject: `person-${index % SUBJECTS}`,
        signal: options.signal,
      });
      results[index] = result;
      options.onDone(result);
    }
  };
  await Promise.all(Array.from({ length: PICTURES_AT_ONCE }, worker));
  return results;
}

/** A development token from the local issuer. */
export async function developmentToken(subject: string, tenant: string): Promise<string> {
  const response = await fetch(`${URLS.issuer}/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ sub: subject, tenant }),
  });
  return tokenSchema.parse(await response.json()).access_token;
}

async function sendOne(
  picture: Picture,
  { subject, signal }: { readonly subject: string; readonly signal: AbortSignal },
): Promise<PictureResult> {
  const file = new Blob([await readFile(picture.path)], { type: picture.contentType });
  const facts = {
    file: picture.name,
    door: "edge",
    bytes: file.size,
    renditions: 0,
    row: false,
    readyMs: null,
  } as const;
  const client = createClient({
    edge: URLS.edge,
    token: () => developmentToken(subject, LOCAL.tenant),
  });
  let imageId: string | null = null;
  try {
    imageId = (await client.upload(file, { signal })).imageId;
    const acceptedAt = performance.now();
    const image = await client.waitUntilReady(imageId, { timeoutMs: READY_TIMEOUT_MS, signal });
    return { ...facts, ...ofImage(image), readyMs: Math.round(performance.now() - acceptedAt) };
  } catch (error) {
    if (!(error instanceof UploadError)) throw error;
    const { code, status } = error.problem;
    const isRefused = imageId === null && status >= 400 && status < 500;
    return { ...facts, imageId, status: isRefused ? "refused" : "lost", reason: code };
  }
}

/** What a result takes from an image's own record. */
export function ofImage(image: Image) {
  const { imageId, status, reason, renditions } = image;
  return {
    imageId,
    status: status === "processing" ? "lost" as const : status,
    ...(reason === undefined ? {} : { reason }),
    renditions: renditions.length,
  };
}
