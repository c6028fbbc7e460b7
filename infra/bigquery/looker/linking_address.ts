import { REPORT_NAME, reportViews } from "./report.ts";

/** Where the views are, and which report is opened on them. */
export interface LinkingOptions {
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
