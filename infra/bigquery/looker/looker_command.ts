import { defineCommand } from "@tintype/cli/command";
import { matching } from "@tintype/cli/flag_values";
import type { LinkingOptions } from "./linking_address.ts";

const project = matching(/^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/, "an id of Google's");

/** `deno task looker`. */
export const LOOKER = defineCommand({
  name: "looker",
  summary:
    "Prints the address that opens a Looker Studio report with the views connected. It holds names and no credential.",
  flags: {
    "project": {
      placeholder: "P",
      required: true,
      parse: project,
      description: "project that holds the dataset",
    },
    "dataset": {
      placeholder: "D",
      default: "tintype",
      parse: matching(/^\w{1,1024}$/, "an id of Google's"),
      description: "dataset of the views",
    },
    "billing-project": {
      placeholder: "B",
      parse: project,
      description: "project that pays for the queries (default: that of the dataset)",
    },
    "report": {
      placeholder: "ID",
      parse: matching(/^[\w-]{1,128}$/, "an id of Google's"),
      description:
        "your own report, made once from the template in docs/analysts.md; without it a blank report opens",
    },
  },
});

/** What a call asks for. */
export function linkingOptionsOf({ flags }: ReturnType<typeof LOOKER.parse>): LinkingOptions {
  const { project, dataset, "billing-project": billingProject, report: reportId } = flags;
  return {
    project,
    dataset,
    ...billingProject !== undefined && { billingProject },
    ...reportId !== undefined && { reportId },
  };
}
