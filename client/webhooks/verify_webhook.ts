/**
 * Verifies Tintype's webhooks (https://www.standardwebhooks.com) by Web Crypto alone: Node, Deno, Workers, Bun.
 *
 * ```ts
 * const event = await verifyWebhook(secret, request.headers, await request.text());
 * if (event.type === "image.ready") console.log(event.data.image_id, event.data.ref);
 * ```
 */
import type { ImageEvent, TestEvent } from "../contract.ts";

export type { ImageEvent, TestEvent };

/** What a webhook says: what became of an image, or that somebody tries the endpoint. */
export type WebhookEvent = ImageEvent | TestEvent;

/** Headers as `fetch` or as Node has them. */
export type WebhookHeaders =
  | Pick<Headers, "get">
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** How to verify. */
export interface VerifyOptions {
  /** The time in milliseconds since the epoch; the clock's where it is not given. */
  readonly nowMs?: number;
  /** How far the webhook's time may be from now, in seconds: 300 where it is not given. */
  readonly toleranceS?: number;
}

/**
 * Why a webhook is not to be believed: a header is missing, its time is too far away, no signature is right, or what is
 * signed is no JSON object. `invalid_secret` is the receiver's own mistake: respond with 500, so that it comes again.
 */
export type WebhookFault =
  | "missing_header"
  | "wrong_time"
  | "wrong_signature"
  | "wrong_body"
  | "invalid_secret";

/** Thrown where a webhook is not to be believed. */
export class WebhookError extends Error {
  override readonly name = "WebhookError";
  readonly code: WebhookFault;

  constructor(code: WebhookFault, message: string) {
    super(`Cannot verify webhook: ${message}`);
    this.code = code;
  }
}

const SECRET = /^(?:whsec_)?([A-Za-z0-9+/]{22,}={0,2})$/;
const TIMESTAMP = /^[0-9]{1,12}$/;
const HASH = { name: "HMAC", hash: "SHA-256" } as const;
/** A rotation has two. */
const MOST_SIGNATURES = 10;

/**
 * The event of a webhook that one of the secrets has signed not long ago; `body` is the request's, byte for byte. Give both
 * secrets while one is rotated. An event may come twice: `webhook-id`, which is `data.event_id`, is the same then.
 * Throws WebhookError. Signatures are compared in constant time.
 */
export async function verifyWebhook(
  secrets: string | readonly string[],
  headers: WebhookHeaders,
  body: string | Uint8Array<ArrayBuffer>,
  { nowMs = Date.now(), toleranceS = 300 }: VerifyOptions = {},
): Promise<WebhookEvent> {
  const id = headerOf(headers, "webhook-id");
  const timestamp = headerOf(headers, "webhook-timestamp");
  const signatures = signaturesIn(headerOf(headers, "webhook-signature"));
  const keys = await Promise.all([secrets].flat().map(importKey));
  const awayS = TIMESTAMP.test(timestamp) ? Math.abs(nowMs / 1_000 - Number(timestamp)) : NaN;
  if (!(awayS <= toleranceS)) {
    throw new WebhookError("wrong_time", `its time must be within ${toleranceS} s of now`);
  }
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const signed = new Uint8Array(
    await new Blob([`${id}.${timestamp}.`, bytes]).arrayBuffer(),
  );
  const pairs = keys.flatMap((key) => signatures.map((signature) => ({ key, signature })));
  const isRight = await Promise.all(
    pairs.map(({ key, signature }) => crypto.subtle.verify(HASH, key, signature, signed)),
  );
  if (!isRight.includes(true)) {
    throw new WebhookError("wrong_signature", "no signature is right: look at secret and raw body");
  }
  return eventIn(bytes);
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const get = headers["get"];
  const found = typeof get === "function"
    ? get.call(headers, name)
    : Object.entries(headers).find(([given]) => given.toLowerCase() === name)?.[1];
  if (typeof found === "string" && found !== "") return found;
  throw new WebhookError("missing_header", `the header ${name} is missing`);
}

/** The signatures of the version that is known, as bytes; others may stand beside it. */
function signaturesIn(header: string): readonly Uint8Array<ArrayBuffer>[] {
  return header.split(" ").slice(0, MOST_SIGNATURES)
    .filter((each) => each.startsWith("v1,"))
    .map((each) => bytesOf(each.slice("v1,".length)))
    .filter((bytes) => bytes !== undefined);
}

async function importKey(secret: string): Promise<CryptoKey> {
  const bytes = bytesOf(SECRET.exec(secret)?.[1] ?? "?");
  if (bytes === undefined) {
    throw new WebhookError("invalid_secret", "the secret must be whsec_ and base64");
  }
  return await crypto.subtle.importKey("raw", bytes, HASH, false, ["verify"]);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function eventIn(bytes: Uint8Array<ArrayBuffer>): WebhookEvent {
  try {
    const event: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof event === "object" && event !== null) return event as WebhookEvent; // who signed it made it so
  } catch {
    // said below
  }
  throw new WebhookError("wrong_body", "the signed body is no JSON object");
}
