/**
 * Posts to addresses that tenants name, which may be hostile: the host's name is resolved once, every address of it must
 * be public, and the connection is made to the very address that was checked, so that a second response of DNS changes
 * nothing. No redirects, bounded time, bounded response; nothing of a response but its status is kept.
 */
import type { CallOptions } from "@tintype/core/ports/call_options";
import type { WebhookReply, WebhookRequest, WebhookSender } from "@tintype/core/ports/webhooks";
import { lookup } from "node:dns/promises";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import packageJson from "../package.json" with { type: "json" };
import { isLoopbackAddress, isPublicAddress } from "./public_address.ts";

/** An address of a host. */
export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** How to send. */
export interface WebhookSenderOptions {
  /** Whether loopback may be sent to, by plain HTTP too: on a developer's machine. */
  readonly allowsLoopback: boolean;
  /** All addresses of a host's name; the system's resolver where none is given. */
  readonly resolve?: (host: string) => Promise<readonly HostAddress[]>;
  /** What one attempt may take in all, in milliseconds. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const MAX_RESPONSE_BYTES = 64 * 1024;

/** A request whose host is resolved. */
interface Pinned extends WebhookRequest {
  readonly url: string;
  readonly to: HostAddress;
}

/** Sends by HTTPS to public addresses only. */
export function webhookSender(
  { allowsLoopback, resolve = resolveAll, timeoutMs = TIMEOUT_MS }: WebhookSenderOptions,
): WebhookSender {
  const isAllowed = ({ address }: HostAddress) =>
    isPublicAddress(address) || (allowsLoopback && isLoopbackAddress(address));
  const attempt = async (request: WebhookRequest, signal: AbortSignal): Promise<WebhookReply> => {
    const { protocol, hostname } = new URL(request.url);
    if (protocol !== "https:" && !allowsLoopback) return { fault: "address_refused" };
    const addresses = await untilAborted(resolve(hostname.replace(/^\[|\]$/g, "")), signal);
    // One private address among public ones is an attempt at getting in, too.
    if (!addresses.every(isAllowed)) return { fault: "address_refused" };
    // Cloud Run reaches the Internet by IPv4.
    const to = addresses.find(({ family }) => family === 4) ?? addresses[0];
    return to === undefined ? { fault: "unreachable" } : await post({ ...request, to }, signal);
  };
  return {
    async send(request, { signal }: CallOptions = {}) {
      const late = AbortSignal.timeout(timeoutMs);
      const until = signal === undefined ? late : AbortSignal.any([late, signal]);
      try {
        return await attempt(request, until);
      } catch {
        return { fault: late.aborted ? "timeout" : "unreachable" };
      }
    },
  };
}

/** The system's resolver cannot be interrupted. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  return await Promise.race([work, aborted.promise]).finally(() =>
    signal.removeEventListener("abort", onAbort)
  );
}

async function resolveAll(host: string): Promise<readonly HostAddress[]> {
  return await lookup(host, { all: true });
}

async function post(
  { url, headers, body, to }: Pinned,
  signal: AbortSignal,
): Promise<WebhookReply> {
  const { protocol } = new URL(url);
  const request = protocol === "https:" ? requestHttps : requestHttp;
  const response = Promise.withResolvers<IncomingMessage>();
  const bytes = new TextEncoder().encode(body);
  const sending = request(url, {
    method: "POST",
    headers: {
      ...headers,
      "content-length": bytes.byteLength,
      "user-agent": `Tintype-Webhooks/${packageJson.version}`,
    },
    // A connection of its own: one that is kept open would outlive what was checked.
    agent: false,
    lookup: always(to),
    signal,
  }, response.resolve);
  sending.on("error", response.reject);
  sending.end(bytes);
  const incoming = await response.promise;
  await drain(incoming);
  sending.destroy();
  return replyOf(incoming.statusCode ?? 0);
}

/** Resolves every name to the address that was checked. */
function always({ address, family }: HostAddress): LookupFunction {
  return (_, { all }, callback) =>
    all ? callback(null, [{ address, family }]) : callback(null, address, family);
}

/** Lets a receiver end its response, within bounds; the status has decided already. */
async function drain(incoming: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of incoming) {
      bytes += chunk.length;
      if (bytes > MAX_RESPONSE_BYTES) return;
    }
  } catch {
    // Cut off, by the receiver or by the end of the time.
  }
}

/** 410 is a failure like any other: an endpoint ends when its tenant's object no longer names it. */
function replyOf(status: number): WebhookReply {
  if (status >= 200 && status < 300) return { status };
  return { status, fault: status >= 300 && status < 400 ? "redirect" : "status" };
}
