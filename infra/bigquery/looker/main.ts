/** `deno task looker`: prints the address of a report, whose template `report` holds field by field. */
import { defineCommand } from "@tintype/cli/command";
import { matching } from "@tintype/cli/flag_values";
import { runMain } from "@tintype/cli/run_main";
import { REPORT_NAME, reportViews } from "./report.ts";

const project = matching(
  /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
  "be an id of Google's",
);

/** `deno task looker`. */
const LOOKER = defineCommand({
  name: "looker",
  summary:
    "Prints the address that opens a Looker Studio report with the views connected. It holds names and no credential.",
  flags: {
    "project P": { about: "project that holds the dataset", parse: project, required: true },
    "dataset D": {
      about: "dataset of the views",
      parse: matching(/^\w{1,1024}$/, "be an id of Google's"),
      default: "tintype",
    },
    "billing-project B": {
      about: "project that pays for the queries (default: that of the dataset)",
      parse: project,
    },
    "report ID": {
      about:
        "your own report, made once from the template in docs/analysts.md; without it a blank report opens",
      parse: matching(/^[\w-]{1,128}$/, "be an id of Google's"),
    },
  },
});

/** Where the views are, and which report is opened on them. */
interface LinkingOptions {
  readonly project: string;
  readonly dataset: string;
  /** Who pays for the queries; the views' project where none is given. */
  readonly billingProject?: string | undefined;
  /** Id of the company's own copy of the template; a blank report where none is given. */
  readonly report?: string | undefined;
}

const ENDPOINT = "https://lookerstudio.google.com/reporting/create";

/**
 * The address that opens a Looker Studio report with every view of the template as a data source of its name
 * (https://developers.google.com/looker-studio/integrate/linking-api). It holds names only, no credential: whoever opens
 * it sees what their own rights in BigQuery let them see.
 */
export function linkingAddress(options: LinkingOptions): string {
  const { project, dataset, billingProject = project, report } = options;
  const sources = reportViews().flatMap((view) =>
    Object.entries({
      connector: "bigQuery",
      datasourceName: `${REPORT_NAME} ${view}`,
      type: "TABLE",
      projectId: project,
      datasetId: dataset,
      tableId: view,
      billingProjectId: billingProject,
      refreshFields: "true",
    }).map(([name, value]): [string, string] => [`ds.${view}.${name}`, value])
  );
  const parameters: [string, string][] = [
    ...report === undefined ? [] : [["c.reportId", report] as [string, string]],
    ["c.mode", "edit"],
    ["r.reportName", REPORT_NAME],
    ...sources,
  ];
  return `${ENDPOINT}?${new URLSearchParams(parameters)}`;
}

if (import.meta.main) await runMain(LOOKER, (call) => console.log(linkingAddress(call)));
