import type { Log } from "@tintype/core/ports/log";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { answerFaultControls, FAULT_CONTROLS, type RequestBody } from "../faults/faults.ts";
import { readDashboardData, readQuestions } from "./dashboard/dashboard_data.ts";
import { requestUrl } from "../request_url.ts";
import { DASHBOARD_HEADERS, findDashboardFile } from "./dashboard/dashboard_files.ts";
import { GoogleError, toGoogleError } from "./google_error.ts";
import { type ApiAnswer, ROUTES } from "./routes.ts";
import type { Warehouse } from "./warehouse.ts";

/** BigQuery takes no larger request to `insertAll`. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

const API = "/bigquery/v2/projects/";

const CONTROLS = {
  ...FAULT_CONTROLS,
  "POST /_local/buffer":
    "{seconds}: DML that touches a row younger than that is refused, as in BigQuery's streaming buffer",
  "GET /_local/buffer": "the seconds that hold now",
  "GET /_local/tables": "what is here: tables and views",
  "GET /_local/dashboard": "every view of the dashboard at /",
  "GET /_local/questions": "the worked questions of docs/analysts.md",
} as const;

const bufferSchema = z.strictObject({ seconds: z.number().min(0).max(86_400) });

/** The warehouse's handler: BigQuery's API, the local controls, health. Answers every error as Google does; never throws. */
export function createApp(warehouse: Warehouse, log: Log) {
  const routes = compile();
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    body: RequestBody,
  ): Promise<void> => {
    const startedMs = performance.now();
    const { method = "GET" } = request;
    const url = requestUrl(request);
    const file = method === "GET" ? findDashboardFile(url.pathname) : undefined;
    if (file !== undefined) {
      response.writeHead(200, { ...DASHBOARD_HEADERS, "Content-Type": file.contentType });
      response.end(file.text);
      return;
    }
    let answer: ApiAnswer;
    try {
      const text = await readText(body);
      answer = await answerLocal(warehouse, { method, url, text }) ??
        await answerApi(routes, warehouse, { method, url, text });
    } catch (error) {
      const known = toGoogleError(error);
      if (known.reason === "backendError") log.error("failed", { text: String(known.cause) });
      answer = { status: known.status, body: known.body };
    }
    const { status = 200 } = answer;
    send(response, status, answer.body);
    if (url.pathname === "/healthz") return;
    const ms = Math.round((performance.now() - startedMs) * 10) / 10;
    log.info("request", { method, path: url.pathname, status, ms });
  };
}

interface Call {
  readonly method: string;
  readonly url: URL;
  readonly text: string;
}

async function answerLocal(warehouse: Warehouse, { method, url, text }: Call) {
  const { pathname } = url;
  if (pathname === "/_local/faults") return answerFaultControls(warehouse.faults, method, text);
  if (pathname === "/_local/buffer") return answerBuffer(warehouse, method, text);
  if (pathname === "/_local") return { body: CONTROLS };
  if (pathname === "/healthz") return { body: { status: "ok" } };
  if (pathname === "/_local/tables") return { body: await describe(warehouse) };
  if (pathname === "/_local/dashboard") return { body: await readDashboardData(warehouse) };
  if (pathname === "/_local/questions") return { body: readQuestions() };
  return undefined;
}

function answerBuffer({ buffer }: Warehouse, method: string, text: string): ApiAnswer {
  if (method === "GET") return { body: { seconds: buffer.seconds } };
  if (method !== "POST") return { status: 405, body: { error: "GET or POST" } };
  const read = bufferSchema.safeParse(parseJson(text));
  if (!read.success) return { status: 400, body: { error: z.prettifyError(read.error) } };
  buffer.seconds = read.data.seconds;
  return { body: { seconds: buffer.seconds } };
}

async function describe({ project, catalog }: Warehouse) {
  const datasets = await catalog.listDatasets();
  const tables = await Promise.all(datasets.map(async (dataset) => {
    const list = await catalog.listTables(dataset);
    return list.map(({ table, kind }) => ({ name: `${dataset}.${table}`, kind }));
  }));
  return { part: "bigquery", api: API + project, controls: "/_local", tables: tables.flat() };
}

interface CompiledRoute {
  readonly method: string;
  readonly pattern: RegExp;
  readonly run: (typeof ROUTES)[string];
}

function compile(): CompiledRoute[] {
  return Object.entries(ROUTES).map(([key, run]) => {
    const [method = "", path = ""] = key.split(" ");
    const pattern = path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
    return { method, pattern: new RegExp(`^${pattern}$`), run };
  });
}

async function answerApi(
  routes: readonly CompiledRoute[],
  warehouse: Warehouse,
  { method, url, text }: Call,
): Promise<ApiAnswer> {
  const { project, rest } = splitPath(url.pathname);
  if (project !== warehouse.project) {
    throw new GoogleError("notFound", `Not found: Project ${project}`);
  }
  for (const { method: routeMethod, pattern, run } of routes) {
    const match = method === routeMethod ? pattern.exec(rest) : null;
    if (match === null) continue;
    const names = Object.entries(match.groups ?? {}).map(([key, value]) =>
      [key, decodeName(value)] as const
    );
    const body = text === "" ? {} : parseJson(text);
    return await run(warehouse, {
      names: Object.fromEntries(names),
      query: url.searchParams,
      body,
    });
  }
  throw new GoogleError(
    "notFound",
    `The local warehouse has no ${method} ${url.pathname}`,
  );
}

function splitPath(pathname: string): { project: string; rest: string } {
  if (!pathname.startsWith(API)) {
    throw new GoogleError("notFound", `The local warehouse has no ${pathname}: see GET /_local`);
  }
  const [project = ""] = pathname.slice(API.length).split("/", 1);
  return { project, rest: pathname.slice(API.length + project.length) };
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new GoogleError("invalid", `Invalid value: ${text} is not percent-encoded UTF-8`, cause);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GoogleError("parseError", "Parse Error: the body is not JSON", cause);
  }
}

/** Read to its end even where it is too large, so that the refusal arrives and the connection serves the next request. */
async function readText(body: RequestBody): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) {
    throw new GoogleError(
      "uploadTooLarge",
      `Request payload size exceeds the limit: ${MAX_BODY_BYTES} bytes.`,
    );
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "Content-Type": "application/json; charset=UTF-8",
    "Content-Length": Buffer.byteLength(text),
  }).end(text);
}
