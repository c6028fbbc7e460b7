import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { type CloudState, Refusal } from "./cloud_state.ts";
import { printed } from "./gcloud_format.ts";
import { divided, resolved, retagged } from "./run_traffic.ts";

type Service = CloudState["service"];
interface Command {
  readonly options: ParseArgsOptionsConfig;
  /** Whether it takes a service's name. */
  readonly named: boolean;
  readonly run: (state: CloudState, call: Call) => string;
}
interface Call {
  readonly name: string;
  readonly flag: (name: string) => string | undefined;
  readonly isSet: (name: string) => boolean;
}

const TEXT = { type: "string" } as const;
const WIDE = { region: TEXT, project: TEXT, format: TEXT } as const;
/** At most one of each line may be given; flags between brackets go together. */
const EXCLUSIVE = [
  [["to-latest"], ["to-revisions"]],
  [["clear-tags"], ["set-tags"], ["remove-tags", "update-tags"]],
] as const;

const COMMANDS: Readonly<Record<string, Command>> = {
  "services list": { options: WIDE, named: false, run: listServices },
  "services describe": { options: WIDE, named: true, run: describeService },
  "services update-traffic": {
    named: true,
    run: updateTraffic,
    options: {
      ...WIDE,
      "to-latest": { type: "boolean" },
      "to-revisions": TEXT,
      "clear-tags": { type: "boolean" },
      "set-tags": TEXT,
      "remove-tags": TEXT,
      "update-tags": TEXT,
    },
  },
  "revisions list": {
    options: { ...WIDE, service: TEXT, "sort-by": TEXT },
    named: false,
    run: listRevisions,
  },
};

/** Runs `gcloud run …` against the state's service, with the checks and messages of gcloud 528. */
export function runGcloud(state: CloudState, args: readonly string[]): string {
  const [product, group, verb, ...rest] = args;
  const command = product === "run" ? COMMANDS[`${group} ${verb}`] : undefined;
  const path = `gcloud.${args.slice(0, 3).join(".")}`;
  if (command === undefined) throw new Refusal(`(${path}) Invalid choice: '${verb}'.`, 2);
  const { values, positionals } = parsed(rest, { options: command.options, path });
  if (positionals.length !== (command.named ? 1 : 0)) {
    throw new Refusal(`(${path}) unrecognized arguments: ${positionals.join(" ")}`, 2);
  }
  if (values.region === undefined || values.project === undefined) {
    throw new Refusal(`(${path}) a test's call must name --region and --project`, 2);
  }
  const permission = `run.${group}.${
    verb === "list" ? "list" : verb === "describe" ? "get" : "update"
  }`;
  if (state.denied.includes(permission)) {
    throw new Refusal(`(${path}) PERMISSION_DENIED: Permission '${permission}' denied`);
  }
  return command.run(state, {
    name: positionals[0] ?? "",
    flag: (name) => typeof values[name] === "string" ? values[name] : undefined,
    isSet: (name) => values[name] !== undefined,
  });
}

function parsed(
  args: readonly string[],
  { options, path }: { readonly options: ParseArgsOptionsConfig; readonly path: string },
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new Refusal(`(${path}) unrecognized arguments: ${String(error)}`, 2);
  }
}

/** Another service is always first, as a project has more than one. */
function listServices({ service }: CloudState, { flag }: Call): string {
  const other = {
    ...service,
    name: `${service.name}-other`,
    revisions: [{ name: "other-1", ready: true }],
  };
  const services = service.revisions.length === 0 ? [other] : [other, service];
  return printed(flag("format"), services.map(resourceOf));
}

function describeService({ service }: CloudState, { name, flag }: Call): string {
  assertExists(service, name);
  return printed(flag("format"), resourceOf(service));
}

function listRevisions({ service }: CloudState, { flag }: Call): string {
  const sortBy = flag("sort-by") ?? "~metadata.creationTimestamp";
  if (!/^~?metadata\.creationTimestamp$/.test(sortBy)) {
    throw new Refusal(`there is no fake of --sort-by=${sortBy}`, 2);
  }
  if (flag("service") !== service.name) return printed(flag("format"), []);
  const oldestFirst = service.revisions.map(({ name }) => ({ metadata: { name } }));
  return printed(
    flag("format") ?? "value(metadata.name)",
    sortBy.startsWith("~") ? oldestFirst.toReversed() : oldestFirst,
  );
}

function updateTraffic({ service }: CloudState, { name, flag, isSet }: Call): string {
  for (const groups of EXCLUSIVE) {
    if (groups.filter((flags) => flags.some(isSet)).length > 1) {
      throw new Refusal(`At most one of ${groups.flat().map((one) => `--${one}`).join(" | ")}`, 2);
    }
  }
  const update = pairs(flag("update-tags") ?? flag("set-tags"));
  const remove = flag("remove-tags")?.split(",") ?? [];
  const clearOthers = isSet("set-tags") || isSet("clear-tags");
  const shares = isSet("to-latest") ? [["LATEST", "100"] as const] : pairs(flag("to-revisions"));
  if (!clearOthers && [...update, ...remove, ...shares].length === 0) {
    throw new Refusal("No traffic configuration change requested.");
  }
  assertExists(service, name);
  // Tags change first, then shares.
  const tagged = retagged(service, { update, remove, clearOthers });
  service.traffic = shares.length === 0 ? tagged : divided({ ...service, traffic: tagged }, shares);
  return "Done.";
}

function pairs(text: string | undefined): (readonly [string, string])[] {
  return (text?.split(",") ?? []).map((pair) => {
    const [key = "", value = ""] = pair.split("=");
    if (key !== "" && value !== "") return [key, value] as const;
    throw new Refusal(`Bad syntax for dict arg: [${pair}].`, 2);
  });
}

function assertExists(service: Service, name: string): void {
  if (service.name === name && service.revisions.length > 0) return;
  throw new Refusal(`Cannot find service [${name}]`);
}

function resourceOf(service: Service) {
  const { name, revisions, traffic } = service;
  const ready = revisions.findLast((revision) => revision.ready);
  return {
    metadata: { name },
    spec: { traffic },
    status: {
      latestCreatedRevisionName: revisions.at(-1)?.name,
      latestReadyRevisionName: ready?.name,
      traffic: resolved(service),
    },
  };
}
