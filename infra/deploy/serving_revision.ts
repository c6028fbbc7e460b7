/** Prints the revision of a Cloud Run service that serves now, or the one that served before it. */
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { findService, previousRevision, servingRevision } from "./service_traffic.ts";

const HELP =
  `Prints the revision with the largest share of a service's traffic; nothing where none served.

Usage: gcloud run services list --region REGION --project ID --format=json |
         node infra/deploy/serving_revision.ts --service NAME [--previous]

  --previous   prints the revision that a rollback goes back to instead

Exit code: 0 printed, 1 the list does not say, 2 wrong usage.`;

async function main(): Promise<string> {
  const { values } = parseArgs({
    options: {
      service: { type: "string", default: "" },
      previous: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return HELP;
  if (values.service === "") throw new TypeError(HELP);
  const service = findService(await text(process.stdin), values.service);
  if (!values.previous) return service === undefined ? "" : servingRevision(service) ?? "";
  if (service === undefined) {
    throw new Error(`Cannot roll back ${values.service}: the service does not exist`);
  }
  return previousRevision(service);
}

try {
  console.log(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
