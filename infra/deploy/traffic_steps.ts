import { PREVIOUS_TAG } from "./service_traffic.ts";
import type { Command, Step } from "./step.ts";
import type { Target } from "./target.ts";

/** How a new processor gets its traffic. */
export interface CanaryOptions {
  /** Share of the traffic that a new processor gets first, in percent; 0 takes all at once. */
  readonly canaryPercent: number;
  /** How long the canary is watched, in minutes. */
  readonly canaryMinutes: number;
}

/** Keeps the traffic on the revisions that serve, as a service that follows its newest revision would move it. */
export function holdTraffic(target: Target): Step {
  const hold = (service: Target, saves: string): Command[] => [
    readServing(service, saves),
    // The first deployment has nothing to hold.
    `test -z "$${saves}" || ${moveTraffic(service, `"$${saves}=100"`)}`,
  ];
  return {
    name: "Hold the services' traffic where it is",
    commands: [...hold(target, "STABLE"), ...hold(keeperOf(target), "KEEPER_STABLE")],
    rollback: "Nothing to take back: the traffic stays on the revisions that served.",
  };
}

/** The same target with the keeper as the service whose traffic is meant. */
export function keeperOf(target: Target): Target {
  return { ...target, service: target.keeper };
}

/** Gives the new revision a share, compares it with the stable one, then gives it everything or nothing. */
export function canary(target: Target, { canaryPercent, canaryMinutes }: CanaryOptions): Step {
  const shares = `"$NEWEST=${canaryPercent},$STABLE=${100 - canaryPercent}"`;
  const compare =
    `./node_modules/.bin/node infra/deploy/canary.ts --project ${target.project} --newest "$NEWEST" --stable "$STABLE" --minutes ${canaryMinutes}`;
  const refuse = `{ ${moveTraffic(target, '"$STABLE=100"')}; exit 1; }`;
  return {
    name: `Canary: ${canaryPercent} % of the traffic, compared from rows, then all or back`,
    commands: [
      // Empty in the first deployment, and where Terraform made no new revision: there is nothing to compare with.
      { line: `test "$STABLE" = "$NEWEST" || printf %s "$STABLE"`, saves: "PREVIOUS" },
      ...canaryPercent === 0 ? [] : [
        `test -z "$PREVIOUS" || { ${
          moveTraffic(target, shares)
        } && { ${compare} || ${refuse}; }; }`,
      ],
      moveAllTraffic(target, "NEWEST"),
    ],
    rollback: returnToStable(target),
  };
}

/** The command that lists every service with its traffic: an empty list is a service to come, a failure is not. */
export function listServices({ region, project }: Target): string {
  return `gcloud run services list --region ${region} --project ${project} --format=json`;
}

/** Saves the revision with the largest share of the traffic; empty where none serves yet. */
export function readServing(target: Target, saves: string): Command {
  const read = "./node_modules/.bin/node infra/deploy/serving_revision.ts";
  return { line: `${listServices(target)} | ${read} --service ${target.service}`, saves };
}

/** Saves the revision that Terraform made. */
export function readNewest({ service, region, project }: Target, saves: string): Command {
  return {
    line:
      `gcloud run services describe ${service} --region ${region} --project ${project} --format='value(status.latestCreatedRevisionName)'`,
    saves,
  };
}

/** The command that gives the revision in a kept value all traffic, and the one in `$PREVIOUS`, if any, the tag. */
export function moveAllTraffic(target: Target, kept: string): string {
  const tag = `\${PREVIOUS:+"--update-tags=${PREVIOUS_TAG}=$PREVIOUS"}`;
  return `${moveTraffic(target, `"$${kept}=100"`)} ${tag}`;
}

/** The command that divides the traffic: `shares` are `REVISION=PERCENT`, with commas between them. */
export function moveTraffic({ service, region, project }: Target, shares: string): string {
  return `gcloud run services update-traffic ${service} --region ${region} --project ${project} --to-revisions ${shares}`;
}

/** The command that brings the revision that served before this deployment back, and its worker. */
export function returnToStable({ environment }: Target): string {
  return `npx deno task deploy --env ${environment} --rollback --revision "$STABLE"`;
}
