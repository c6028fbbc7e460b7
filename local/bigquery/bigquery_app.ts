import * as z from "zod";
import { faultControls } from "../faults/faults.ts";
import { type Call, jsonReply, readText, type Reply } from "../http/call.ts";
import type { Control } from "../http/controls.ts";
import type { EmulatorApp } from "../http/emulator_server.ts";
import type { BigQueryParts } from "./bigquery_parts.ts";
import { readDashboardData, readQuestions } from "./dashboard/dashboard_data.ts";
import { DASHBOARD_HEADERS, findDashboardFile } from "./dashboard/dashboard_files.ts";
import { GoogleError, toGoogleError } from "./google_error.ts";
import { ROUTES } from "./routes.ts";
import { writeRowsControl } from "./write_rows.ts";

/** BigQuery takes no larger request to `insertAll`. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

const API = "/bigquery/v2/projects/";

/** BigQuery's API, the dashboard and the local controls; every error has Google's form. */
export function makeBigQueryApp(parts: BigQueryParts): EmulatorApp {
  return {
    async answer(call) {
      const file = call.method === "GET" ? findDashboardFile(call.path) : undefined;
      if (file === undefined) return await answerApi(parts, call);
      const headers = { ...DASHBOARD_HEADERS, "Content-Type": file.contentType };
      return { status: 200, headers, body: file.text };
    },
    failure(error) {
      const { status, body } = toGoogleError(error);
      return jsonReply(status, body);
    },
    controls: bigQueryControls(parts),
  };
}

const COMPILED = Object.entries(ROUTES).map(([key, run]) => {
  const [method = "", path = ""] = key.split(" ");
  const pattern = path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return { method, pattern: new RegExp(`^${pattern}$`), run };
});

async function answerApi(parts: BigQueryParts, { method, path, query, body }: Call) {
  const text = await readText(body, MAX_BODY_BYTES);
  if (text === undefined) {
    const limit = `Request payload size exceeds the limit: ${MAX_BODY_BYTES} bytes.`;
    throw new GoogleError("uploadTooLarge", limit);
  }
  if (!path.startsWith(API)) {
    throw new GoogleError("notFound", `The local BigQuery has no ${path}: see GET /_local`);
  }
  const [project = ""] = path.slice(API.length).split("/", 1);
  if (project !== parts.project) {
    throw new GoogleError("notFound", `Not found: Project ${project}`);
  }
  const rest = path.slice(API.length + project.length);
  for (const { method: routeMethod, pattern, run } of COMPILED) {
    const match = method === routeMethod ? pattern.exec(rest) : null;
    if (match === null) continue;
    const name = (key: string) => decode(match.groups?.[key] ?? "");
    const names = { dataset: name("dataset"), table: name("table"), job: name("job") };
    const json = text === "" ? {} : parseJson(text);
    return replyOf(await run(parts, { ...names, query, body: json }));
  }
  throw new GoogleError("notFound", `The local BigQuery has no ${method} ${path}`);
}

function replyOf(body: unknown): Reply {
  return body === undefined ? { status: 204 } : jsonReply(200, body);
}

function decode(text: string): string {
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

const bufferSchema = z.strictObject({ seconds: z.number().min(0).max(86_400) });

/** The controls of the local BigQuery. */
function bigQueryControls(parts: BigQueryParts): readonly Control[] {
  const { buffer, faults } = parts;
  return [
    ...faultControls(faults),
    writeRowsControl(parts),
    {
      method: "POST",
      path: "/_local/buffer",
      body: "{seconds}",
      does: "refuses DML that touches a younger row, as BigQuery's streaming buffer does",
      run(body) {
        buffer.seconds = bufferSchema.parse(body).seconds;
        return { body: { seconds: buffer.seconds } };
      },
    },
    {
      method: "GET",
      path: "/_local/buffer",
      does: "shows the seconds of the streaming buffer",
      run: () => ({ body: { seconds: buffer.seconds } }),
    },
    {
      method: "GET",
      path: "/_local/dashboard",
      does: "runs every view of the dashboard at /",
      run: async () => ({ body: await readDashboardData(parts) }),
    },
    {
      method: "GET",
      path: "/_local/questions",
      does: "shows the worked questions of docs/analysts.md",
      run: () => ({ body: readQuestions() }),
    },
  ];
}
