/** The second half of a deployment: the approved plan, the keeper, a revision that earns its traffic, the worker in steps. */
import { rollWorker, script, TERRAFORM, untilLogged } from "./command_lines.ts";
import { initialize, planObject } from "./plan_steps.ts";
import type { Command, Step } from "./step.ts";
import type { Target } from "./target.ts";
import {
  CANARY_TAG,
  keeperOf,
  moveAllTraffic,
  moveTraffic,
  readNewest,
  readServing,
  returnToStable,
  updateTraffic,
} from "./traffic_lines.ts";

/** How a new processor gets its traffic. */
export interface RolloutOptions {
  /** Share of the traffic that a new processor gets first, in percent; 0 takes all after the synthetic images. */
  readonly percent: number;
  /** How many images end the share early. */
  readonly images: number;
  /** When the share ends at the latest. */
  readonly minutes: number;
  /** How long each step of the worker is left before it is tried, in seconds. */
  readonly restSeconds: number;
}

/** An access token of the tenant `synthetic`. */
const TOKEN = '"${SMOKE_TOKEN:?must be an access token of the tenant synthetic}"';
/** Eight pictures three times: enough to see one refusal in ten. */
const PICTURES = "docs/images/*.jpg docs/images/*.webp";

/** Everything after the plan. */
export function applySteps(target: Target, options: RolloutOptions): Step[] {
  return [
    holdTraffic(target),
    infrastructure(target),
    keeper(target),
    synthetic(target),
    rollout(target, options),
    worker(target, options),
    endToEnd(target),
  ];
}

function holdTraffic(target: Target): Step {
  const hold = (service: Target, saves: string): Command[] => [
    readServing(service, saves),
    // The first deployment has nothing to hold.
    `test -z "$${saves}" || ${moveTraffic(service, `"$${saves}=100"`)}`,
  ];
  return {
    name: "Hold the services' traffic where it is",
    needs: "the right to list and change services",
    changes: "nothing, but that traffic no longer follows the newest revision",
    commands: [...hold(target, "STABLE"), ...hold(keeperOf(target), "KEEPER_STABLE")],
    undo: "Nothing to take back: the traffic stays on the revisions that served.",
  };
}

function infrastructure(target: Target): Step {
  return {
    name: "Apply the plan",
    needs: "the plan of this commit, which nothing has changed since",
    changes: "what the plan says; a new revision of each service gets no traffic",
    commands: [
      initialize(target),
      `gcloud storage cp ${planObject(target)} infra/terraform/deploy.plan`,
      `${TERRAFORM} apply -input=false deploy.plan`,
      readNewest(target, "NEWEST"),
      readNewest(keeperOf(target), "KEEPER_NEWEST"),
      // Empty in the first deployment, and where Terraform made no new revision: there is nothing to compare with.
      { line: `test "$STABLE" = "$NEWEST" || printf %s "$STABLE"`, saves: "PREVIOUS" },
    ],
    undo:
      `git checkout the version before and deploy it. Buckets, dataset and keys are never destroyed by a rollback: Terraform refuses. A plan that is stale is made again by the plan's half.`,
  };
}

/** Gives the new keeper all traffic and runs its job `days`: without a day's salt the edge admits and finds no image. */
function keeper(target: Target): Step {
  const { prefix, project, region } = target;
  const filter = [
    `resource.labels.service_name="${target.keeper}"`,
    `resource.labels.revision_name="'"$KEEPER_NEWEST"'"`,
    `jsonPayload.event="job" AND jsonPayload.job="days" AND jsonPayload.ahead>=7`,
  ].join(" AND ");
  return {
    name: "Keeper: all traffic, and the days' salts are there",
    needs: "a keeper that starts",
    changes: "the keeper's traffic; days.json",
    commands: [
      moveTraffic(keeperOf(target), '"$KEEPER_NEWEST=100"'),
      `gcloud scheduler jobs run ${prefix}-days --location ${region} --project ${project}`,
      untilLogged(target, filter),
      `gcloud storage objects describe gs://${prefix}-config/days.json --project ${project} > /dev/null`,
    ],
    undo: `Where a keeper served before: ${
      moveTraffic(keeperOf(target), '"$KEEPER_STABLE=100"')
    }. Keep days.json: a salt that is lost loses its day's images.`,
  };
}

function upload({ edgeUrl }: Target): string {
  return `TINTYPE_TOKEN=${TOKEN} npx deno task upload ${PICTURES} --to ${edgeUrl}`;
}

function synthetic(target: Target): Step {
  return {
    name: "Send synthetic images through what serves now",
    needs: "an access token of the tenant synthetic in SMOKE_TOKEN",
    changes: "24 images of that tenant, unless nothing is to be compared",
    commands: [`test -z "$PREVIOUS" || for round in 1 2 3; do ${upload(target)}; done`],
    undo: "They are gone when their retention period ends.",
  };
}

function rollout(target: Target, { percent, images, minutes }: RolloutOptions): Step {
  const where =
    `--project ${target.project} --prefix ${target.prefix} --region ${target.region} --newest "$NEWEST" --stable "$STABLE"`;
  const refuse = `{ ${
    updateTraffic(target, `--to-revisions "$STABLE=100" --remove-tags=${CANARY_TAG}`)
  }; exit 1; }`;
  const stage = (change: string, watch: string) =>
    `test -z "$PREVIOUS" || { ${updateTraffic(target, change)} && ${
      script("rollout")
    } ${where} ${watch}; } || ${refuse}`;
  const share = `--to-revisions "$NEWEST=${percent},$STABLE=${100 - percent}"`;
  return {
    name:
      `Rollout: synthetic images, then ${percent} % of the traffic, compared by revision, then all or back`,
    needs: "rows and request logs of both revisions",
    changes: "the processor's traffic; the revision before gets the tag previous",
    commands: [
      stage(`"--update-tags=${CANARY_TAG}=$NEWEST"`, "--stage synthetic"),
      ...percent === 0
        ? []
        : [stage(share, `--stage share --images ${images} --minutes ${minutes}`)],
      `${moveAllTraffic(target, "NEWEST")} \${PREVIOUS:+--remove-tags=${CANARY_TAG}}`,
    ],
    undo: returnToStable(target),
  };
}

function worker(target: Target, { restSeconds }: RolloutOptions): Step {
  return {
    name: "Deploy the worker in steps",
    needs: "a processor that knows what the new worker sends",
    changes:
      "the worker's versions; the new one gets 1 %, 25 %, then all, and goes back where it fails",
    commands: [
      `printf %s ${TOKEN} | ${
        rollWorker(target)
      } --edge ${target.edgeUrl} --tag "$NEWEST" --seconds ${restSeconds}`,
    ],
    undo: returnToStable(target),
  };
}

function endToEnd(target: Target): Step {
  return {
    name: "End to end: uploads through the deployed system become ready",
    needs: "the edge's address; a token of the tenant synthetic",
    changes: "eight images of that tenant",
    commands: [upload(target)],
    undo: "They are gone when their retention period ends, or by DELETE /v1/images/{id}.",
  };
}
