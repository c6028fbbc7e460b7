/**
 * Sends pictures through the edge with the upload command's own sender, each subject with tokens of its own; their rows
 * are looked up in BigQuery afterwards.
 */
import { TintypeClient } from "@tintype/client/client";
import { developmentTokens } from "@tintype/client/command/development_tokens";
import { sendPictures, type SentPicture } from "@tintype/client/command/send_pictures";
import { LOCAL, URLS } from "./local_names.ts";
import type { Door } from "./options.ts";
import type { Picture } from "@tintype/cli/find_pictures";

/** What happened to one picture. */
export interface PictureResult extends Omit<SentPicture, "status" | "detail"> {
  readonly door: Door;
  /** `refused` where the source did not take it, `lost` where it never came to an end. */
  readonly status: Exclude<SentPicture["status"], "uploaded">;
  readonly row: boolean;
  /** Whether a webhook of it reached the receiver of `start`. */
  readonly event: boolean;
}

/** How to send. */
export interface SendOptions {
  /** Pictures at once through the edge: six. */
  readonly atOnce?: number;
  readonly onDone: (result: PictureResult) => void;
  readonly signal: AbortSignal;
}

const PICTURES_AT_ONCE = 6;
/** Subjects that the pictures are spread over, so that no owner's rate limit stands in the way. */
const SUBJECTS = 24;

/** Sends every picture through the edge; a result for each, in the pictures' order, rows not yet looked up. */
export async function sendThroughEdge(
  pictures: readonly Picture[],
  { atOnce = PICTURES_AT_ONCE, onDone, signal }: SendOptions,
): Promise<PictureResult[]> {
  const clients = Array.from({ length: SUBJECTS }, (_, index) => clientOf(`person-${index}`));
  const sent = await sendPictures(pictures, {
    clientFor: (index) => clients[index % SUBJECTS] ?? clientOf("person"),
    atOnce,
    // What is measured is how soon a picture is ready, not how many wait for the others.
    holdsLine: true,
    signal,
    onDone: (each) => onDone(resultOf(each)),
  });
  return sent.map(resultOf);
}

function clientOf(subject: string) {
  return new TintypeClient({ edge: URLS.edge, token: tokensOf(subject, LOCAL.tenant) });
}

/** Development tokens of the local OIDC provider. */
export function tokensOf(subject: string, tenant: string) {
  return developmentTokens({ issuer: URLS.oidc, subject, tenant });
}

function resultOf({ detail: _, status, ...facts }: SentPicture): PictureResult {
  // Every picture is waited for, so that none is only uploaded.
  return {
    ...facts,
    door: "edge",
    status: status === "uploaded" ? "lost" : status,
    row: false,
    event: false,
  };
}
