/** Prints the worker's version that was deployed with a revision of the processor: the newest with its name as tag. */
import { text } from "node:stream/consumers";
import { defineCommand } from "@tintype/cli/command";
import { nonEmpty } from "@tintype/cli/flag_values";
import { runMain } from "@tintype/cli/run_main";
import { printedList } from "./printed_list.ts";

/** What is read of a version (https://developers.cloudflare.com/api/resources/workers). */
interface WorkerVersion {
  readonly id: string;
  readonly metadata: { readonly created_on: string };
  readonly annotations?: { readonly "workers/tag"?: string };
}

const WORKER_VERSION = defineCommand({
  name: "worker_version",
  program: "npx wrangler versions list --json | node infra/deploy/worker_version.ts",
  summary: "Prints the worker's version that was deployed with a revision of the processor.",
  flags: {
    "revision NAME": { about: "revision", parse: nonEmpty, required: true },
  },
  exitCodes: { 1: "no listed version has the revision's name as its tag" },
});

await runMain(WORKER_VERSION, async ({ revision }) => {
  const versions = printedList<WorkerVersion>(await text(process.stdin), "wrangler");
  const newest = versions
    .filter(({ annotations }) => annotations?.["workers/tag"] === revision)
    .toSorted((a, b) => b.metadata.created_on.localeCompare(a.metadata.created_on))[0];
  if (newest === undefined) {
    throw new Error(
      `Cannot find the worker's version for ${revision}: none of the ${versions.length} newest has that tag`,
    );
  }
  console.log(newest.id);
});
