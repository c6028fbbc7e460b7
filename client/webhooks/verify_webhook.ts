/** Verifies Tintype's webhooks (https://www.standardwebhooks.com) by Web Crypto alone: Node, Deno, Bun, Workers. */
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

/** Thrown where a webhook is not to be believed; `invalid_secret` is the receiver's own mistake. */
export class WebhookError extends Error {
  override readonly name = "WebhookError";
  readonly code:
    | "missing_header"
    | "wrong_time"
    | "wrong_signature"
    | "wrong_body"
    | "invalid_secret";

  constructor(code: WebhookError["code"], message: string) {
    super(`Cannot verify webhook: ${message}`);
    this.code = code;
  }
}

const HASH = { name: "HMAC", hash: "SHA-256" } as const;
/** A rotation has two. */
const MOST_SIGNATURES = 10;

/**
 * The event of a webhook that one of the `whsec_` secrets has signed not long ago; `body` is the request's, byte for byte.
 * Give both secrets while one is rotated. An event may come twice: `webhook-id`, which is `data.event_id`, is the same then.
 * Signatures are compared in constant time. Throws WebhookError.
 */
export async function verifyWebhook(
  secrets: string | readonly string[],
  headers: WebhookHeaders,
  body: string | Uint8Array<ArrayBuffer>,
  { nowMs = Date.now(), toleranceS = 300 }: VerifyOptions = {},
): Promise<WebhookEvent> {
  const id = headerOf(headers, "webhook-id");
  const time = headerOf(headers, "webhook-timestamp");
  const signatures = headerOf(headers, "webhook-signature");
  const isNear = /^[0-9]+$/.test(time) && Math.abs(nowMs / 1_000 - Number(time)) <= toleranceS;
  if (!isNear) {
    throw new WebhookError("wrong_time", `it must be sent within ${toleranceS} s of now`);
  }
  const signed = await new Blob([`${id}.${time}.`, body]).arrayBuffer();
  const keys = await Promise.all([secrets].flat().map(importKey));
  // Those of other versions may stand beside.
  const given = signatures.split(" ").slice(0, MOST_SIGNATURES).map((each) =>
    each.startsWith("v1,") ? bytesOf(each.slice("v1,".length)) : undefined
  ).filter((each) => each !== undefined);
  const tries = keys.flatMap((key) =>
    given.map((signature) => crypto.subtle.verify(HASH, key, signature, signed))
  );
  if (!(await Promise.all(tries)).includes(true)) {
    throw new WebhookError("wrong_signature", "no signature is right: look at secret and raw body");
  }
  return await eventIn(body);
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const get = headers["get"];
  const found = typeof get === "function"
    ? get.call(headers, name)
    : Object.entries(headers).find(([given]) => given.toLowerCase() === name)?.[1];
  if (typeof found === "string" && found !== "") return found;
  throw new WebhookError("missing_header", `the header ${name} is missing`);
}

async function importKey(secret: string): Promise<CryptoKey> {
  const bytes = bytesOf(secret.replace(/^whsec_/, ""));
  if (bytes === undefined || bytes.length < 16) {
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

async function eventIn(body: string | Uint8Array<ArrayBuffer>): Promise<WebhookEvent> {
  try {
    return await new Response(body).json() as WebhookEvent; // who signed it made it so
  } catch {
    throw new WebhookError("wrong_body", "the signed body is no JSON");
  }
}
