import type { Step } from "./step.ts";
import { type Target, wranglerEnv } from "./target.ts";
import { listServices, moveAllTraffic, moveTraffic, readServing } from "./traffic_steps.ts";

/**
 * What brings a revision of the processor back, the one before where `revision` is empty, and the worker that was
 * deployed with it: both are found before either moves. The processor moves first, as it touches data.
 */
export function rollbackSteps(target: Target, revision: string): Step[] {
  return [
    findVersions(target, revision),
    {
      name: "Give all traffic to that revision",
      commands: [
        // With the tag on the revision that serves, a second rollback stops instead of going forward again.
        { line: 'test "$REVISION" = "$SERVING" || printf %s "$REVISION"', saves: "PREVIOUS" },
        moveAllTraffic(target, "REVISION"),
      ],
      rollback: moveTraffic(target, '"$SERVING=100"'),
    },
    {
      name: "Bring the worker's version back",
      commands: [`npx wrangler rollback "$WORKER_VERSION" ${wranglerEnv(target)} --yes`],
      rollback: `npx deno task deploy --env ${target.environment} --rollback --revision "$SERVING"`,
    },
  ];
}

function findVersions(target: Target, revision: string): Step {
  const { service, region, project } = target;
  const node = "./node_modules/.bin/node infra/deploy";
  const versions = `npx wrangler versions list ${wranglerEnv(target)}`;
  const previous = `${
    listServices(target)
  } | ${node}/serving_revision.ts --service ${service} --previous`;
  return {
    name: "Find the revision to go back to, and the worker's version that was deployed with it",
    commands: [
      readServing(target, "SERVING"),
      { line: revision === "" ? previous : `printf %s ${revision}`, saves: "REVISION" },
      {
        line: `${versions} --json | ${node}/worker_version.ts --revision "$REVISION"`,
        saves: "WORKER_VERSION",
      },
    ],
    rollback:
      `Nothing was changed. Revisions for --revision: gcloud run revisions list --service ${service} --region ${region} --project ${project} ; the worker's versions, with their revisions as tags: ${versions}`,
  };
}
