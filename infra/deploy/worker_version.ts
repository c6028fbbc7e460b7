/** Prints the worker's version that was deployed with a revision of the processor: the newest with its name as tag. */
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { printedList } from "./printed_list.ts";

const HELP = `Prints the worker's version that was deployed with a revision of the processor.

Usage: npx wrangler versions list --json | node infra/deploy/worker_version.ts --revision NAME

Exit code: 0 printed, 1 no listed version has the revision's name as its tag, 2 wrong usage.`;

/** What is read of a version (https://developers.cloudflare.com/api/resources/workers). */
interface WorkerVersion {
  readonly id: string;
  readonly metadata: { readonly created_on: string };
  readonly annotations?: { readonly "workers/tag"?: string };
}

async function main(): Promise<string> {
  const { values } = parseArgs({
    options: { revision: { type: "string", default: "" }, help: { type: "boolean" } },
  });
  if (values.help) return HELP;
  if (values.revision === "") throw new TypeError(HELP);
  const versions = printedList<WorkerVersion>(await text(process.stdin), "wrangler");
  const newest = versions
    .filter(({ annotations }) => annotations?.["workers/tag"] === values.revision)
    .toSorted((a, b) => b.metadata.created_on.localeCompare(a.metadata.created_on))[0];
  if (newest === undefined) {
    throw new Error(
      `Cannot find the worker's version for ${values.revision}: none of the ${versions.length} newest has that tag`,
    );
  }
  return newest.id;
}

try {
  console.log(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
