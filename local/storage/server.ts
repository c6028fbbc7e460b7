import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { MalformedMultipart } from "@tintype/gcs/multipart";
import { V4Rejected } from "@tintype/gcs/v4_rejected";
import type { Log } from "@tintype/core/ports/log";
import { type FaultInjector, type RequestBody, withFaults } from "../faults/faults.ts";
import type { Call, Reply } from "./call.ts";
import { type Controls, isLoopback } from "./controls.ts";
import type { Cors } from "./cors.ts";
import { StorageFailure } from "./failures.ts";
import type { JsonApi } from "./json_api.ts";
import { answerBatch } from "./json_batch.ts";
import { jsonFailure, jsonReply } from "./json_reply.ts";
import type { JsonUpload } from "./json_upload.ts";
import type { ResumableSessions } from "./resumable_session.ts";
import { checkRight } from "./rights.ts";
import type { XmlApi } from "./xml_api.ts";
import { xmlFailure, xmlRejection } from "./xml_errors.ts";

/** What the server hands requests to. */
export interface StorageParts {
  readonly json: JsonApi;
  readonly upload: JsonUpload;
  readonly xml: XmlApi;
  readonly sessions: ResumableSessions;
  readonly cors: Cors;
  readonly controls: Controls;
  readonly faults: FaultInjector;
  readonly log: Log;
}

/** A server, and when none of its requests is being worked on any more. */
export interface StorageServer {
  readonly server: Server;
  /** Another server of the same objects, whose callers of the JSON API are this identity and may do what it may. */
  readonly serverFor: (identity: string) => Server;
  readonly settled: () => Promise<void>;
}

/** The HTTP server of both APIs; it is not listening yet. */
export function createStorageServer(parts: StorageParts): StorageServer {
  const working = new Set<Promise<void>>();
  const serverOf = (identity: string | undefined) => {
    const handle = withFaults(
      parts.faults,
      (request, response, body) => serve(parts, { request, response, body, identity }),
    );
    // An upload may take as long as its session lives.
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 65_000 });
    server.on("request", (request, response) => {
      const work = handle(request, response).catch((error: unknown) => {
        parts.log.error("request_failed", { error: String(error) });
        response.destroy();
      }).finally(() => working.delete(work));
      working.add(work);
    });
    return server;
  };
  const settled = async () => void await Promise.all(working);
  return { server: serverOf(undefined), serverFor: serverOf, settled };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: RequestBody;
  readonly identity: string | undefined;
}

async function serve(
  parts: StorageParts,
  { request, response, body, identity }: Exchange,
): Promise<void> {
  const startedAt = performance.now();
  // A failure may be answered while its body is still on the way.
  const kept = body === request ? request.iterator({ destroyOnReturn: false }) : body;
  const call = { ...callOf(request, kept), identity };
  const reply = await answer(parts, call, request);
  const cut = reply === null || request.socket.destroyed;
  if (reply !== null) await send(response, reply, call.method);
  if (!request.complete && !request.destroyed) request.resume();
  if (call.path === "/healthz") return;
  parts.log.info("request", {
    method: call.method,
    path: call.path,
    status: cut ? 0 : reply.status,
    ms: Math.round(performance.now() - startedAt),
  });
}

function callOf(request: IncomingMessage, body: RequestBody): Call {
  const { method = "GET", url: target = "/", headers } = request;
  const [path = "/", search = ""] = splitOnce(target, "?");
  return {
    method,
    path,
    query: new URLSearchParams(search),
    target,
    headers,
    body,
    baseUrl: `http://${headers.host ?? `localhost:${request.socket.localPort}`}`,
    hangUp: () => request.socket.destroy(),
  };
}

/** The answer to a request, failures included; null where the connection was lost. */
async function answer(
  parts: StorageParts,
  call: Call,
  request: IncomingMessage,
): Promise<Reply | null> {
  try {
    const reply = await route(parts, call, request);
    return { ...reply, headers: { ...reply.headers, ...corsHeaders(parts, call) } };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined && request.socket.destroyed) return null;
    if (failure === undefined) parts.log.error("request_failed", { error: String(error) });
    const reply = render(failure ?? new StorageFailure("internal"), call);
    return { ...reply, headers: { ...reply.headers, ...corsHeaders(parts, call) } };
  }
}

async function route(parts: StorageParts, call: Call, request: IncomingMessage): Promise<Reply> {
  const { path, query, method } = call;
  if (path === "/healthz") return jsonReply(200, { status: "ok" });
  if (path === "/_local" || path.startsWith("/_local/")) {
    if (!isLoopback(request)) throw new StorageFailure("access_denied");
    return await parts.controls.answer(call);
  }
  if (path === "/") return jsonReply(200, ABOUT);
  if (method === "OPTIONS") return parts.cors.preflight(call);
  const session = query.get("upload_id");
  if (session !== null) return await parts.sessions.answer(call, session);
  if (path === BATCH_PATH && method === "POST") {
    return await answerBatch(call, async (inner) => await answer(parts, inner, request) ?? LOST);
  }
  if (isJson(path)) checkRight(call.identity, call);
  if (path.startsWith("/upload/storage/v1/")) return await parts.upload.answer(call);
  if (isJson(path)) return await parts.json.answer(call);
  return await parts.xml.answer(call);
}

const BATCH_PATH = "/batch/storage/v1";
const LOST: Reply = { status: 503 };

const ABOUT = {
  part: "storage",
  is: "Cloud Storage's JSON and XML surface on local files",
  json: ["/storage/v1/b", "/upload/storage/v1/b", "/download/storage/v1/b", "/batch/storage/v1"],
  xml: "/{bucket}/{object}, V4-signed",
  identities: "ports of their own (IDENTITY_PORTS), with the rights of infra/terraform's table",
  controls: "/_local",
  health: "/healthz",
};

function isJson(path: string): boolean {
  return path === BATCH_PATH || /^\/(upload\/|download\/)?storage\/v1\//.test(path);
}

function corsHeaders(parts: StorageParts, call: Call): Record<string, string> {
  if (call.method === "OPTIONS" || call.headers.origin === undefined) return {};
  return parts.cors.headersFor(call);
}

function failureOf(error: unknown): StorageFailure | V4Rejected | undefined {
  if (error instanceof MalformedMultipart) {
    return new StorageFailure("bad_request", error.message);
  }
  return error instanceof StorageFailure || error instanceof V4Rejected ? error : undefined;
}

function render(failure: StorageFailure | V4Rejected, { path }: Call): Reply {
  if (failure instanceof V4Rejected) return xmlRejection(failure);
  return isJson(path) ? jsonFailure(failure) : xmlFailure(failure);
}

async function send(response: ServerResponse, reply: Reply, method: string): Promise<void> {
  const { status, headers = {}, body } = reply;
  if (typeof body !== "object") {
    const text = method === "HEAD" ? undefined : body;
    const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    response.writeHead(status, { ...length, ...headers }).end(text);
    return;
  }
  response.writeHead(status, headers);
  // Who goes away in the middle of a download has ended it.
  await pipeline(body, response).catch(() => response.destroy());
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}
