import {
  addRevision,
  type CloudState,
  Refusal,
  type Service,
  type TrafficTarget,
} from "./cloud_state.ts";
import type { FakeCall, Play } from "./fake_call.ts";

type Pairs = readonly (readonly [string, string])[];

/** https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags */
const MAX_TAG_AND_NAME = 46;

/** `gcloud run`, with the checks and messages of gcloud 528. */
export const GCLOUD_RUN: Readonly<Record<string, readonly [string, Play]>> = {
  "gcloud run services list": command("run.services.list", 0, "", listServices),
  "gcloud run services describe": command("run.services.get", 1, "", describeService),
  "gcloud run services update-traffic": command(
    ...["run.services.update", 1, "to-revisions update-tags remove-tags", updateTraffic] as const,
  ),
  "gcloud run services update": command("run.services.update", 1, "update-labels", restart),
  "gcloud run revisions list": command("run.revisions.list", 0, "service", listRevisions),
};

function command(permission: string, names: number, flags: string, play: Play) {
  const checked: Play = (state, call) => {
    if (call.words.length !== names) throw new Refusal(`unrecognized arguments: ${call.words}`, 2);
    if (call.flags["region"] === undefined || call.flags["project"] === undefined) {
      throw new Refusal("a test's call must name --region and --project", 2);
    }
    if (state.denied.includes(permission)) {
      throw new Refusal(`PERMISSION_DENIED: Permission '${permission}' denied`);
    }
    return play(state, call);
  };
  return [`region project format ${flags}`, checked] as const;
}

/** Another service is always first, as a project has more than one. */
function listServices({ service, keeper }: CloudState, { flags }: FakeCall): string {
  const other = {
    ...service,
    name: `${service.name}-other`,
    revisions: [{ name: "other-1", ready: true }],
  };
  const own = [service, keeper].filter(({ revisions }) => revisions.length > 0);
  const services = [other, ...own];
  return printed(flags["format"], services.map(resourceOf));
}

function describeService(state: CloudState, { words: [name = ""], flags }: FakeCall): string {
  return printed(flags["format"], [resourceOf(serviceOf(state, name))]);
}

/** A new label makes a new revision of the same image. */
function restart(state: CloudState, { words: [name = ""] }: FakeCall): string {
  return addRevision(serviceOf(state, name), { ready: true });
}

/** The newest first. */
function listRevisions({ service, keeper }: CloudState, { flags }: FakeCall): string {
  const named = [service, keeper].find(({ name }) => flags["service"] === name);
  const revisions = named?.revisions.toReversed() ?? [];
  return printed(flags["format"], revisions.map(({ name }) => ({ metadata: { name } })));
}

/** Prints resources as `--format=json` or `--format=value(KEY)` does, else their names. */
function printed(format = "value(metadata.name)", resources: readonly object[]): string {
  if (format === "json") return JSON.stringify(resources);
  const key = /^value\(([\w.]+)\)$/.exec(format)?.[1];
  if (key === undefined) throw new Refusal(`there is no fake of --format=${format}`, 2);
  const valueOf = (resource: object) =>
    key.split(".").reduce((value: unknown, name) => Object(value)[name], resource);
  return resources.map((resource) => String(valueOf(resource) ?? "")).join("\n");
}

function updateTraffic(state: CloudState, { words: [name = ""], flags }: FakeCall): string {
  const tags = pairs(flags["update-tags"]);
  const shares = pairs(flags["to-revisions"]);
  const removed = flags["remove-tags"]?.split(",") ?? [];
  if ([...tags, ...shares, ...removed].length === 0) {
    throw new Refusal("No traffic configuration change requested.");
  }
  const service = serviceOf(state, name);
  // Tags change first, then shares.
  const kept = service.traffic.filter(({ tag = "" }) => !removed.includes(tag));
  const tagged = retagged({ ...service, traffic: kept }, tags);
  service.traffic = shares.length === 0 ? tagged : divided({ ...service, traffic: tagged }, shares);
  return "Done.";
}

function pairs(text: string | undefined): Pairs {
  return (text?.split(",") ?? []).map((pair) => {
    const [key = "", value = ""] = pair.split("=");
    if (key !== "" && value !== "") return [key, value] as const;
    throw new Refusal(`Bad syntax for dict arg: [${pair}].`, 2);
  });
}

/** The targets with these shares, which must be all of the traffic; tags stay, as targets without a share. */
function divided(service: Service, shares: Pairs): TrafficTarget[] {
  const targets = shares.map(([revisionName, share]) => ({ revisionName, percent: Number(share) }));
  const sum = targets.reduce((total, { percent }) => total + percent, 0);
  if (sum > 100) throw new Refusal("Over 100% of traffic is specified.");
  // gcloud would scale what is not named; no step relies on that.
  if (sum !== 100) throw new Refusal("100% of traffic has not been specified.");
  for (const { revisionName } of targets) {
    if (isReady(service, revisionName)) continue;
    throw new Refusal(`Revision '${revisionName}' is not ready and cannot serve traffic.`);
  }
  const tags = service.traffic.filter(({ tag }) => tag !== undefined);
  return [...targets.filter(({ percent }) => percent > 0), ...tags];
}

/** The targets with these tags, each on the one revision that it names now. */
function retagged(service: Service, update: Pairs): TrafficTarget[] {
  const { name, traffic } = service;
  for (const [tag, revision] of update) {
    if (tag.length + name.length > MAX_TAG_AND_NAME) {
      throw new Refusal(`traffic tag '${tag}' and service name '${name}' together are too long.`);
    }
    if (!isReady(service, revision)) throw new Refusal(`Revision '${revision}' is not found.`);
  }
  const moved = update.map(([tag]) => tag);
  return [
    ...traffic.filter(({ tag }) => tag === undefined || !moved.includes(tag)),
    ...update.map(([tag, revisionName]) => ({ revisionName, tag })),
  ];
}

function isReady({ revisions }: Service, key: string): boolean {
  return revisions.some(({ name, ready }) => ready && key === name);
}

function serviceOf({ service, keeper }: CloudState, name: string): Service {
  const found = [service, keeper].find((each) => each.name === name && each.revisions.length > 0);
  if (found !== undefined) return found;
  throw new Refusal(`Cannot find service [${name}]`);
}

/** `status.traffic` names each target's revision; it is missing before any is ready. */
function resourceOf({ name, revisions, traffic }: Service) {
  const ready = revisions.findLast((revision) => revision.ready)?.name;
  const resolved = traffic.map((target) =>
    target.latestRevision ? { ...target, revisionName: ready } : target
  );
  return {
    metadata: { name },
    status: {
      latestCreatedRevisionName: revisions.at(-1)?.name,
      latestReadyRevisionName: ready,
      traffic: ready === undefined ? undefined : resolved,
    },
  };
}
