import { rollWorker, script } from "./command_lines.ts";
import type { Step } from "./step.ts";
import { type Target, wranglerEnv } from "./target.ts";
import { listServices, moveAllTraffic, moveTraffic, readServing } from "./traffic_lines.ts";

/**
 * What brings a revision of the processor back, the one before where `revision` is empty, and the worker that was
 * deployed with it: both are found before either moves. The processor moves first, as it touches data. Where an edge is
 * named, the worker goes back in steps that are tried there.
 */
export function rollbackSteps(target: Target, revision: string, edge?: string): Step[] {
  const tried = edge === undefined ? "" : ` --edge ${edge}`;
  const token = edge === undefined ? "" : 'printf %s "${SMOKE_TOKEN:?}" | ';
  return [
    findVersions(target, revision),
    {
      name: "Give all traffic to that revision",
      needs: "a revision that starts",
      changes: "the processor's traffic",
      commands: [
        // With the tag on the revision that serves, a second rollback stops instead of going forward again.
        { line: 'test "$REVISION" = "$SERVING" || printf %s "$REVISION"', saves: "PREVIOUS" },
        moveAllTraffic(target, "REVISION"),
      ],
      undo: moveTraffic(target, '"$SERVING=100"'),
    },
    {
      name: "Bring the worker's version back, in steps",
      needs: "a version of the worker with the revision's name as its tag",
      changes: "the worker's versions",
      commands: [`${token}${rollWorker(target)} --back-to "$REVISION"${tried}`],
      undo: `npx deno task deploy --env ${target.environment} --rollback --revision "$SERVING"`,
    },
  ];
}

function findVersions(target: Target, revision: string): Step {
  const { service, region, project } = target;
  const previous = `${listServices(target)} | ${
    script("serving_revision")
  } --service ${service} --previous`;
  return {
    name: "Find the revision to go back to, and the worker's version that was deployed with it",
    needs: "a revision with the tag previous, or a named one",
    changes: "nothing",
    commands: [
      readServing(target, "SERVING"),
      { line: revision === "" ? previous : `printf %s ${revision}`, saves: "REVISION" },
      `${rollWorker(target)} --back-to "$REVISION" --find`,
    ],
    undo:
      `Nothing was changed. Revisions for --revision: gcloud run revisions list --service ${service} --region ${region} --project ${project} ; the worker's versions, with their revisions as tags: npx wrangler versions list ${
        wranglerEnv(target)
      }`,
  };
}
