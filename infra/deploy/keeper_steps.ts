/** The keeper's part of a deployment: tables that records fit, its traffic, and the days' salts. */
import type { Step } from "./step.ts";
import type { Target } from "./target.ts";
import { keeperOf, moveTraffic } from "./traffic_steps.ts";

const TABLES = ["images", "purges"] as const;

/** Stops before any traffic moves where a record could not become a row of the live tables. */
export function compareColumns({ project, pipeline }: Target): Step {
  const compare = (table: string) =>
    `bq show --project_id=${project} --schema --format=prettyjson ${project}:tintype.${table} | ./node_modules/.bin/node infra/deploy/compare_columns.ts --table ${table}`;
  return {
    name: "Compare the live tables' columns with the records'",
    commands: [
      ...TABLES.map(compare),
      ...pipeline === ""
        ? []
        : [`npx deno task columns ${pipeline} --dry-run | grep -qx "Every column is there"`],
    ],
    rollback:
      "Nothing was changed. Columns are only added: apply Terraform with the schema files of this version.",
  };
}

/** Gives the new keeper all traffic and runs its job `days`: without a day's salt the edge admits and finds no image. */
export function keeper(target: Target): Step {
  const { prefix, project, region } = target;
  const filter = [
    `resource.labels.service_name="${target.keeper}"`,
    `resource.labels.revision_name="'"$KEEPER_NEWEST"'"`,
    `jsonPayload.event="job" AND jsonPayload.job="days" AND jsonPayload.ahead>=7`,
  ].join(" AND ");
  return {
    name: "Keeper: all traffic, and the days' salts are there",
    commands: [
      moveTraffic(keeperOf(target), '"$KEEPER_NEWEST=100"'),
      `gcloud scheduler jobs run ${prefix}-days --location ${region} --project ${project}`,
      `for attempt in $(seq 30); do gcloud logging read '${filter}' --project ${project} --freshness=5m --limit=1 --format='value(timestamp)' | grep -q . && break; test "$attempt" -lt 30; sleep 10; done`,
      `gcloud storage objects describe gs://${prefix}-config/days.json --project ${project} > /dev/null`,
    ],
    rollback: `Where a keeper served before: ${
      moveTraffic(keeperOf(target), '"$KEEPER_STABLE=100"')
    }. Keep days.json: a salt that is lost loses its day's images.`,
  };
}
