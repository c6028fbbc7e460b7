/**
 * Faults on demand: `POST /_local/faults` adds one, `match` takes it for the request that it fits,
 * `withFaults` applies it around the handler of every emulator.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { RequestBody } from "../http/call.ts";
import type { Control } from "../http/controls.ts";

const regexSchema = z.string().max(1_000).refine(isRegex, "must be a regular expression");

const matchSchema = z.strictObject({
  /** HTTP method, any case. */
  method: z.string().optional(),
  /** Regular expression that is looked for in the path with its query. */
  path: regexSchema.optional(),
  /** `name` of a header that must be there, or `name: regex` of what its value must hold. */
  header: regexSchema.optional(),
});

const actionSchema = z.union([
  z.strictObject({ status: z.int().min(200).max(599), body: z.unknown().optional() }),
  z.strictObject({ delayMs: z.int().min(0).max(600_000) }),
  z.strictObject({ cutAfterBytes: z.int().min(0) }),
  z.strictObject({ dropReply: z.literal(true) }),
]);

const faultSchema = z.strictObject({
  match: matchSchema.default({}),
  times: z.int().min(1).max(1_000_000).default(1),
  /** Happens to each so-many-th of the requests that fit; to every one where it is not given. */
  every: z.int().min(1).max(1_000).optional(),
  action: actionSchema,
});

/**
 * What happens to a request: answered with `status` (and `body`, JSON unless it is a string) without the work;
 * done after `delayMs`; its connection dropped when `cutAfterBytes` of its body were read; or done and its response dropped.
 */
type FaultAction = z.infer<typeof actionSchema>;

/** A fault as the control takes it: which requests, how many of them, what happens. */
type Fault = z.infer<typeof faultSchema>;

/** Holds the faults of one emulator, in the order in which they came. */
export class FaultInjector {
  #faults: Fault[] = [];
  /** How many requests each fault has fitted. */
  readonly #fitted = new WeakMap<Fault, number>();
  readonly #ending = new AbortController();

  /** Adds a fault of the shape {@link Fault} (`times` is 1 by default); throws `z.ZodError` where it is none. */
  add(fault: unknown): Fault {
    const parsed = faultSchema.parse(fault);
    this.#faults.push(parsed);
    return parsed;
  }

  /** Forgets every fault. */
  clear(): void {
    this.#faults = [];
  }

  /** The faults that are still to happen; `times` is what is left of each. */
  list(): readonly Readonly<Fault>[] {
    return this.#faults.map((fault) => ({ ...fault }));
  }

  /** Resolves after so long, or when the emulator ends. */
  async delay(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }

  /** Ends every delay, so that an emulator that ends need not wait for it. */
  endDelays(): void {
    this.#ending.abort();
  }

  /** Takes the oldest fault that fits the request, once, or undefined. */
  match(method: string, pathAndQuery: string, headers: IncomingHttpHeaders) {
    const fits = ({ match }: Fault) =>
      (match.method ?? method).toUpperCase() === method.toUpperCase() &&
      new RegExp(match.path ?? "").test(pathAndQuery) &&
      (match.header === undefined || fitsHeader(match.header, headers));
    const found = this.#faults.find((fault) => fits(fault) && this.#isTurnOf(fault));
    if (found === undefined) return undefined;
    found.times -= 1;
    if (found.times === 0) this.#faults = this.#faults.filter((fault) => fault !== found);
    return found.action;
  }

  #isTurnOf(fault: Fault): boolean {
    const fitted = (this.#fitted.get(fault) ?? 0) + 1;
    this.#fitted.set(fault, fitted);
    return fitted % (fault.every ?? 1) === 0;
  }
}

/** A `node:http` handler that reads the request's body from `body`, never from `request`, and never rejects. */
type FaultedHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  body: RequestBody,
) => Promise<void>;

/** What Pub/Sub writes by: a control in form alone, in place of a gRPC call. */
const ROWS = "/_local/rows";

/** Wraps a handler so that the injector's faults happen to its requests; other controls and `/healthz` are spared. */
export function withFaults(faults: FaultInjector, handle: FaultedHandler) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url = "/", headers } = request;
    const isControl = url.startsWith("/_local") && !url.startsWith(ROWS);
    const spared = isControl || url.startsWith("/healthz");
    const action = spared ? undefined : faults.match(method, url, headers);
    if (action === undefined) return await handle(request, response, request);
    if ("status" in action) return answerInstead(request, response, action);
    if ("delayMs" in action) await faults.delay(action.delayMs);
    if ("dropReply" in action) dropReply(response);
    const body = "cutAfterBytes" in action ? cutBody(request, action.cutAfterBytes) : request;
    return await handle(request, response, body);
  };
}

function fitsHeader(header: string, headers: IncomingHttpHeaders): boolean {
  const [name = "", ...pattern] = header.split(":");
  const value = headers[name.trim().toLowerCase()];
  return value !== undefined && new RegExp(pattern.join(":").trim()).test(String(value));
}

function answerInstead(
  request: IncomingMessage,
  response: ServerResponse,
  action: Extract<FaultAction, { status: number }>,
): void {
  request.resume();
  const { status, body = "" } = action;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json";
  response.writeHead(status, { "Content-Type": type }).end(text);
}

/** Hands on the first bytes of the body, then drops the connection and throws as a cut connection does. */
async function* cutBody(request: IncomingMessage, cutAfterBytes: number): RequestBody {
  const { socket } = request; // taken first, as a request that is read no further lets go of it
  let left = cutAfterBytes;
  if (left > 0) {
    for await (const chunk of request) {
      const bytes: Uint8Array = chunk; // IncomingMessage without an encoding yields buffers
      yield bytes.subarray(0, left);
      left -= bytes.length;
      if (left <= 0) break;
    }
  }
  if (left > 0) return;
  socket.destroy();
  throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
}

/** Lets the handler work and answer, but sends nothing of it and drops the connection at its end. */
function dropReply(response: ServerResponse): void {
  response.write = () => true;
  response.flushHeaders = () => {};
  response.end = () => {
    response.socket?.destroy();
    return response;
  };
}

function isRegex(text: string): boolean {
  try {
    return Boolean(new RegExp(text));
  } catch {
    return false;
  }
}

/** The controls of an emulator's faults. */
export function faultControls(faults: FaultInjector): readonly Control[] {
  const path = "/_local/faults";
  return [
    {
      method: "POST",
      path,
      body:
        "{match: {method?, path?: regex, header?: 'name' or 'name: regex'}, times, every?: n, " +
        "action: {status, body?} | {delayMs} | {cutAfterBytes} | {dropReply: true}}",
      does: "adds a fault",
      run: (fault) => ({ status: 201, body: faults.add(fault) }),
    },
    {
      method: "GET",
      path,
      does: "lists the faults that are still to happen",
      run: () => ({ body: { faults: faults.list() } }),
    },
    {
      method: "DELETE",
      path,
      does: "removes every fault",
      run() {
        faults.clear();
        return { status: 204 };
      },
    },
  ];
}
