import { parseArgs } from "node:util";
import type { LinkingOptions } from "./linking_address.ts";

/** What `--help` prints. */
export const HELP =
  `Usage: deno task looker --project P [--dataset D] [--billing-project B] [--report ID]

Prints the address that opens a Looker Studio report with the views connected. It holds names and no credential.

  --project P          project that holds the dataset
  --dataset D          dataset of the views (tintype)
  --billing-project B  project that pays for the queries (that of the dataset)
  --report ID          your own report, made once from the template in docs/analysts.md; without it a blank report opens
  --help               prints this text`;

const PROJECT = /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const DATASET = /^\w{1,1024}$/;
const REPORT = /^[\w-]{1,128}$/;

const OPTIONS = {
  project: { type: "string" },
  dataset: { type: "string", default: "tintype" },
  "billing-project": { type: "string" },
  report: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** Reads the arguments; `help` where that is asked for. Throws TypeError that names what is wrong. */
export function readArguments(args: readonly string[]): LinkingOptions | "help" {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) return "help";
  const { project, dataset, report } = values;
  if (project === undefined) throw new TypeError("Cannot print the address without --project");
  const billingProject = values["billing-project"];
  return {
    project: checked("project", project, PROJECT),
    dataset: checked("dataset", dataset, DATASET),
    ...billingProject !== undefined &&
      { billingProject: checked("billing-project", billingProject, PROJECT) },
    ...report !== undefined && { reportId: checked("report", report, REPORT) },
  };
}

function checked(name: string, value: string, pattern: RegExp): string {
  if (pattern.test(value)) return value;
  throw new TypeError(
    `Cannot print the address as --${name} must be an id of Google's: current value is ${value}`,
  );
}
