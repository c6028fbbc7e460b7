import { faultControls } from "../faults/faults.ts";
import { type Call, headerOf, jsonReply, type Reply } from "../http/call.ts";
import type { Control } from "../http/controls.ts";
import { DeclaredRoutes, STANDARD_QUERY } from "../http/declared_routes.ts";
import type { EmulatorApp } from "../http/emulator_server.ts";
import type { BigQueryParts } from "./bigquery_parts.ts";
import { readDashboardData, readQuestions } from "./dashboard/dashboard_data.ts";
import { DASHBOARD_HEADERS, findDashboardFile } from "./dashboard/dashboard_files.ts";
import { dmlControls } from "./dml.ts";
import { GoogleError, toGoogleError } from "./google_error.ts";
import { ROUTES } from "./routes.ts";
import { writeRowsControl } from "./write_rows.ts";

/** BigQuery takes no larger request. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

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
    routes: API_ROUTES.describe(),
  };
}

const API_ROUTES = new DeclaredRoutes(ROUTES, {
  query: STANDARD_QUERY,
  maxBodyBytes: MAX_BODY_BYTES,
});

/** Access tokens are nobody's here, so one that is an e-mail address names the caller. */
const CALLER = /^Bearer (\S+@\S+)$/i;

async function answerApi(parts: BigQueryParts, call: Call): Promise<Reply> {
  const caller = CALLER.exec(headerOf(call, "authorization") ?? "")?.[1];
  return await API_ROUTES.answer({ ...parts, caller }, call, ({ name }) => {
    const project = name("project");
    if (project === parts.project) return;
    throw new GoogleError("notFound", `Not found: Project ${project}`);
  });
}

/** The controls of the local BigQuery. */
function bigQueryControls(parts: BigQueryParts): readonly Control[] {
  const { dml, faults } = parts;
  return [
    ...faultControls(faults),
    writeRowsControl(parts),
    ...dmlControls(dml),
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
