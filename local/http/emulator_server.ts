import { jsonLog } from "@tintype/core/json_log";
import type { Log } from "@tintype/core/ports/log";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import module from "node:module";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { type FaultInjector, withFaults } from "../faults/faults.ts";
import { bodyOf, type Call, jsonReply, type Reply, type RequestBody } from "./call.ts";
import { answerControl, type Control } from "./controls.ts";

/** What an emulator answers. */
export interface EmulatorApp {
  /** Answers every path but `/healthz` and those under `/_local`. */
  readonly answer: (call: Call) => Reply | Promise<Reply>;
  /** The response to what `answer` throws; one of 500 or more is logged with its error. */
  readonly failure: (error: unknown, call: Call) => Reply;
  /** Rejects where the emulator cannot work: `/healthz` then responds with 503 and says why. */
  readonly checkHealth?: () => Promise<void>;
  readonly controls: readonly Control[];
  /** The declared routes, which `GET /_local` documents too. */
  readonly routes?: readonly unknown[];
}

/** An emulator's name and surroundings. */
interface EmulatorOptions {
  readonly part: string;
  /** Nothing is logged where none is given. */
  readonly log?: Log;
  readonly faults?: FaultInjector;
}

const DRAIN_MS = 5_000;
const IDLE_EVERY_MS = 20;

/** The HTTP side of an emulator: health, controls, faults, request log and the end in order are the same for all. */
export class EmulatorServer {
  readonly #app: EmulatorApp;
  readonly #options: EmulatorOptions;
  readonly #servers: Server[] = [];
  readonly #working = new Set<Promise<void>>();

  constructor(app: EmulatorApp, options: EmulatorOptions) {
    this.#app = app;
    this.#options = options;
  }

  /** Listens on loopback at `port`, 0 for a free one; callers there have the rights of `identity`. Returns the address. */
  async listen(port: number, identity?: string): Promise<string> {
    const handle = (request: IncomingMessage, response: ServerResponse, body: RequestBody) =>
      this.#serve({ request, response, body, identity });
    const { faults, log } = this.#options;
    const faulted = faults === undefined ? undefined : withFaults(faults, handle);
    // An upload may take as long as its session lives.
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 65_000 });
    server.on("request", (request, response) => {
      const work = (faulted?.(request, response) ?? handle(request, response, request))
        .catch((error: unknown) => {
          log?.error("request_failed", { error: String(error) });
          response.destroy();
        }).finally(() => this.#working.delete(work));
      this.#working.add(work);
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    this.#servers.push(server);
    const address = server.address() as AddressInfo; // it listens on a port, not on a pipe
    return `http://localhost:${address.port}`;
  }

  /** Stops accepting and finishes what is under way, at most 5 s. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map(closeServer));
    this.#options.faults?.endDelays();
    await Promise.all(this.#working);
  }

  async #serve(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const startedAt = performance.now();
    const call = callOf(exchange);
    const reply = await this.#answer(call, request);
    const isCut = reply === null || request.socket.destroyed;
    if (reply !== null) await send(response, reply, call.method);
    if (!request.complete && !request.destroyed) request.resume();
    if (call.path === "/healthz") return;
    this.#options.log?.info("request", {
      method: call.method,
      path: call.path,
      status: isCut ? 0 : reply.status,
      ms: Math.round(performance.now() - startedAt),
    });
  }

  /** The response to a request, failures included; null where the connection was lost. */
  async #answer(call: Call, request: IncomingMessage): Promise<Reply | null> {
    const { answer, failure, controls, routes } = this.#app;
    try {
      if (call.path === "/healthz") return await healthOf(this.#app);
      if (call.path !== "/_local" && !call.path.startsWith("/_local/")) return await answer(call);
      return await answerControl(call, this.#options.part, controls, routes);
    } catch (error) {
      if (request.socket.destroyed) return null;
      const reply = failure(error, call);
      if (reply.status >= 500) {
        const cause = error instanceof Error ? error.cause ?? error : error;
        this.#options.log?.error("request_failed", { error: String(cause) });
      }
      return reply;
    }
  }
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: RequestBody;
  readonly identity: string | undefined;
}

function callOf({ request, body, identity }: Exchange): Call {
  const { method = "GET", url: target = "/", headers, socket } = request;
  const [, path = "", search = ""] = /^([^?]*)\??(.*)$/s.exec(target) ?? [];
  return {
    method,
    path,
    query: new URLSearchParams(search),
    target,
    headers,
    // A failure may be answered while its body is still on the way.
    body: body === request ? request.iterator({ destroyOnReturn: false }) : body,
    baseUrl: `http://${headers.host ?? `localhost:${socket.localPort}`}`,
    identity,
    hangUp: () => socket.destroy(),
  };
}

async function healthOf({ checkHealth }: EmulatorApp): Promise<Reply> {
  try {
    await checkHealth?.();
    return jsonReply(200, { status: "ok" });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return jsonReply(503, { status: "unavailable", detail });
  }
}

async function send(response: ServerResponse, reply: Reply, method: string): Promise<void> {
  const { status, headers = {} } = reply;
  const body = bodyOf(reply);
  if (typeof body !== "object") {
    const text = method === "HEAD" ? undefined : body;
    const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    response.writeHead(status, { ...length, ...headers }).end(text);
    return;
  }
  response.writeHead(status, headers);
  // A caller that leaves in the middle of a download has ended it.
  await pipeline(body, response).catch(() => response.destroy());
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  // A connection that is kept alive becomes idle only when its request is through.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_EVERY_MS);
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

/** A log of JSON lines on standard output, from `level` on: `info`, `warn` or `error`. */
export function emulatorLog(part: string, level = "info"): Log {
  const least = level === "error" ? "ERROR" : level === "warn" ? "WARNING" : "INFO";
  return jsonLog({ part, least, write: (line) => void process.stdout.write(`${line}\n`) });
}

/** An emulator that accepts connections. */
interface RunningEmulator {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a part and says where it listens, in one JSON line on standard output. SIGTERM and SIGINT end it in order with 0;
 * one line on standard error says why it could not start, with 1.
 */
export async function runEmulator<Running extends RunningEmulator>(
  part: string,
  start: () => Promise<Running>,
): Promise<Running> {
  try {
    const running = await start();
    const stop = () => void running.close().then(() => process.exit(0));
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    // Whoever reads it may end this process at once.
    process.stdout.write(`${JSON.stringify({ event: "listening", part, url: running.url })}\n`);
    module.flushCompileCache(); // whoever is killed would not write it
    return running;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`Cannot start ${part}: ${reason.replaceAll("\n", " ")}\n`);
    process.exit(1);
  }
}
