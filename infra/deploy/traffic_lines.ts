/** Lines that read and divide a Cloud Run service's traffic. */
import { script } from "./command_lines.ts";
import { PREVIOUS_TAG } from "./service_traffic.ts";
import type { Command } from "./step.ts";
import type { Target } from "./target.ts";

/** The traffic tag whose address synthetic images are pushed to (infra/terraform/canary.tf). */
export const CANARY_TAG = "canary";

/** The same target with the keeper as the service whose traffic is meant. */
export function keeperOf(target: Target): Target {
  return { ...target, service: target.keeper };
}

/** The command that lists every service with its traffic: an empty list is a service to come, a failure is not. */
export function listServices({ region, project }: Target): string {
  return `gcloud run services list --region ${region} --project ${project} --format=json`;
}

/** Saves the revision with the largest share of the traffic; empty where none serves yet. */
export function readServing(target: Target, saves: string): Command {
  const line = `${listServices(target)} | ${
    script("serving_revision")
  } --service ${target.service}`;
  return { line, saves };
}

/** Saves the revision that Terraform made. */
export function readNewest({ service, region, project }: Target, saves: string): Command {
  return {
    line:
      `gcloud run services describe ${service} --region ${region} --project ${project} --format='value(status.latestCreatedRevisionName)'`,
    saves,
  };
}

/** The command that changes the traffic: which shares, which tags. */
export function updateTraffic({ service, region, project }: Target, flags: string): string {
  return `gcloud run services update-traffic ${service} --region ${region} --project ${project} ${flags}`;
}

/** The command that divides the traffic: `shares` are `REVISION=PERCENT`, with commas between them. */
export function moveTraffic(target: Target, shares: string): string {
  return updateTraffic(target, `--to-revisions ${shares}`);
}

/** The command that gives the revision in a kept value all traffic, and the one in `$PREVIOUS`, if any, the tag. */
export function moveAllTraffic(target: Target, kept: string): string {
  const tag = `\${PREVIOUS:+"--update-tags=${PREVIOUS_TAG}=$PREVIOUS"}`;
  return `${moveTraffic(target, `"$${kept}=100"`)} ${tag}`;
}

/** The command that brings the revision that served before this deployment back, and its worker. */
export function returnToStable({ environment }: Target): string {
  return `npx deno task deploy --env ${environment} --rollback --revision "$STABLE"`;
}
