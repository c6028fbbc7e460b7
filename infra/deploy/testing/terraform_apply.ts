import { type CloudState, Refusal } from "./cloud_state.ts";

/** Applies a plan: makes a service that follows its newest revision, or a revision under the traffic that is set. */
export function applyPlan({ service, nextRevision }: CloudState, args: readonly string[]): string {
  const known = ["-chdir=infra/terraform", "apply", "-input=false", "deploy.plan"];
  if (args.join(" ") !== known.join(" ")) {
    throw new Refusal(`(terraform) unknown arguments: ${args.join(" ")}`);
  }
  if (nextRevision === "none") return "Apply complete! Resources: 0 added, 0 changed, 0 destroyed.";
  const name = `${service.name}-${String(service.revisions.length + 1).padStart(5, "0")}-abc`;
  if (service.revisions.length === 0) service.traffic = [{ latestRevision: true, percent: 100 }];
  service.revisions.push({ name, ready: nextRevision === "ready" });
  if (nextRevision === "ready") return "Apply complete!";
  throw new Refusal(`Revision '${name}' is not ready and cannot serve traffic.`);
}
