import { defineCommand } from "@tintype/cli/command";
import { matching } from "@tintype/cli/flag_values";

const project = matching(
  /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
  "be an id of Google's",
);

/** `deno task looker`. */
export const LOOKER = defineCommand({
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
