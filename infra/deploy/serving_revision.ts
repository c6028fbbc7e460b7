/** Prints the revision of a Cloud Run service that serves now, or the one that served before it. */
import { text } from "node:stream/consumers";
import { defineCommand } from "@tintype/cli/command";
import { nonEmpty } from "@tintype/cli/flag_values";
import { runMain } from "@tintype/cli/run_main";
import { findService, previousRevision, servingRevision } from "./service_traffic.ts";

const SERVING_REVISION = defineCommand({
  name: "serving_revision",
  program:
    "gcloud run services list --region REGION --project ID --format=json | node infra/deploy/serving_revision.ts",
  summary:
    "Prints the revision with the largest share of a service's traffic; nothing where none served.",
  flags: {
    "service NAME": { about: "the service", parse: nonEmpty, required: true },
    "previous": "print the revision that a rollback goes back to instead",
  },
  exitCodes: { 1: "the list does not say" },
});

await runMain(SERVING_REVISION, async (flags) => {
  const service = findService(await text(process.stdin), flags.service);
  if (flags.previous && service === undefined) {
    throw new Error(`Cannot roll back ${flags.service}: the service does not exist`);
  }
  const read = flags.previous ? previousRevision : servingRevision;
  console.log(service === undefined ? "" : read(service) ?? "");
});
