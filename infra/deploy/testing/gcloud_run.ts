import { parseArgs } from "node:util";
import { type CloudState, Refusal, type Service, type TrafficTarget } from "./cloud_state.ts";

type Pairs = readonly (readonly [string, string])[];

/** What a call says: a service's name, and flags. */
interface Call {
  readonly name: string;
  readonly flags: Readonly<Record<string, string | undefined>>;
}

/** A command: the flags and the permission of its own, and whether it takes a service's name. */
interface Command {
  readonly flags?: readonly string[];
  readonly permission: string;
  readonly isNamed?: true;
  readonly run: (state: CloudState, call: Call) => string;
}

const WIDE = ["region", "project", "format"];
/** https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags */
const MAX_TAG_AND_NAME = 46;

/** What the steps call, with the flags that they give. */
const COMMANDS: Readonly<Record<string, Command>> = {
  "services list": { permission: "run.services.list", run: listServices },
  "services describe": { permission: "run.services.get", isNamed: true, run: describeService },
  "services update-traffic": {
    flags: ["to-revisions", "update-tags"],
    permission: "run.services.update",
    isNamed: true,
    run: updateTraffic,
  },
  "revisions list": { flags: ["service"], permission: "run.revisions.list", run: listRevisions },
};

/** Runs `gcloud run …` against the state's services, with the checks and messages of gcloud 528. */
export function runGcloud(state: CloudState, args: readonly string[]): string {
  const [, group, verb, ...rest] = args;
  const command = COMMANDS[`${group} ${verb}`];
  const path = `gcloud.${args.slice(0, 3).join(".")}`;
  if (command === undefined) throw new Refusal(`(${path}) Invalid choice: '${verb}'.`, 2);
  const { flags = [], permission, isNamed = false, run } = command;
  const { values, positionals } = parsed(rest, [...WIDE, ...flags], path);
  if (positionals.length !== (isNamed ? 1 : 0)) {
    throw new Refusal(`(${path}) unrecognized arguments: ${positionals.join(" ")}`, 2);
  }
  if (values["region"] === undefined || values["project"] === undefined) {
    throw new Refusal(`(${path}) a test's call must name --region and --project`, 2);
  }
  if (state.denied.includes(permission)) {
    throw new Refusal(`(${path}) PERMISSION_DENIED: Permission '${permission}' denied`);
  }
  return run(state, { name: positionals[0] ?? "", flags: values });
}

function parsed(args: readonly string[], flags: readonly string[], path: string) {
  const options = flags.map((name) => [name, { type: "string" }] as const);
  try {
    return parseArgs({
      args: [...args],
      options: Object.fromEntries(options),
      allowPositionals: true,
    });
  } catch (error) {
    throw new Refusal(`(${path}) unrecognized arguments: ${String(error)}`, 2);
  }
}

/** Another service is always first, as a project has more than one. */
function listServices({ service, keeper }: CloudState, { flags }: Call): string {
  const other = {
    ...service,
    name: `${service.name}-other`,
    revisions: [{ name: "other-1", ready: true }],
  };
  const own = [service, keeper].filter(({ revisions }) => revisions.length > 0);
  const services = [other, ...own];
  return printed(flags["format"], services.map(resourceOf));
}

function describeService(state: CloudState, { name, flags }: Call): string {
  return printed(flags["format"], [resourceOf(serviceOf(state, name))]);
}

/** The newest first. */
function listRevisions({ service, keeper }: CloudState, { flags }: Call): string {
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

function updateTraffic(state: CloudState, { name, flags }: Call): string {
  const tags = pairs(flags["update-tags"]);
  const shares = pairs(flags["to-revisions"]);
  if ([...tags, ...shares].length === 0) {
    throw new Refusal("No traffic configuration change requested.");
  }
  const service = serviceOf(state, name);
  // Tags change first, then shares.
  const tagged = retagged(service, tags);
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
