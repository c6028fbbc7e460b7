import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { type CloudState, Refusal } from "./cloud_state.ts";

type Worker = CloudState["worker"];
const ENV = { env: { type: "string" } } as const;
const SECRETS = ["SIGNING_KEY", "PSEUDONYM_KEYS", "CURSOR_KEY"].map((name) => ({ name }));

/** Runs `npx wrangler …` against the state's worker. */
export function runWrangler({ worker }: CloudState, args: readonly string[]): string {
  const [program, command = "", ...rest] = args;
  if (program !== "wrangler") throw new Refusal(`there is no fake of npx ${program}`, 2);
  switch (command) {
    case "deploy":
      return deploy(worker, rest);
    case "rollback":
      return rollback(worker, rest);
    case "versions":
      return listVersions(worker, rest);
    case "secret":
      parse(rest, { ...ENV, format: { type: "string" } }, ["list"]);
      return JSON.stringify(SECRETS);
    default:
      throw new Refusal(`Unknown argument: ${command}`);
  }
}

function deploy(worker: Worker, args: readonly string[]): string {
  const { values } = parse(args, { ...ENV, tag: { type: "string" } }, []);
  const tag = typeof values.tag === "string" ? { tag: values.tag } : {};
  addVersion(worker, tag);
  return `Current Version ID: ${worker.deployments.at(-1)}`;
}

/** Adds a version that runs at once: `wrangler deploy` does so with a tag, `wrangler secret put` without. */
export function addVersion(worker: Worker, tag: { readonly tag?: string }): void {
  const number = worker.versions.length + 1;
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  worker.versions.push({ id, created_on: new Date(number * 60_000).toISOString(), ...tag });
  worker.deployments.push(id);
}

/** Wrangler's own choice is the version of the deployment before the current one. */
function rollback(worker: Worker, args: readonly string[]): string {
  const { positionals } = parse(args, { ...ENV, yes: { type: "boolean", short: "y" } });
  const id = positionals[0] ?? worker.deployments.at(-2);
  if (positionals.length > 1 || !worker.versions.some((version) => version.id === id)) {
    throw new Refusal(`Could not find Worker Version ${id ?? "to rollback to"}`);
  }
  worker.deployments.push(id ?? "");
  return `Worker Version ${id} has been deployed to 100% of traffic.`;
}

/** The ten newest, the oldest of them first. */
function listVersions(worker: Worker, args: readonly string[]): string {
  const { values } = parse(args, { ...ENV, json: { type: "boolean" } }, ["list"]);
  const listed = worker.versions.slice(-10).map(({ id, created_on, tag }) => ({
    id,
    metadata: { created_on },
    annotations: {
      "workers/triggered_by": "upload",
      ...tag === undefined ? {} : { "workers/tag": tag },
    },
  }));
  return values.json === true
    ? JSON.stringify(listed)
    : listed.map(({ id }) => `Version ID:  ${id}`).join("\n");
}

function parse(
  args: readonly string[],
  options: ParseArgsOptionsConfig,
  expected?: readonly string[],
) {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true });
    if (expected === undefined || parsed.positionals.join(" ") === expected.join(" ")) {
      return parsed;
    }
  } catch {
    // Refused below, as wrangler does with any argument that it does not know.
  }
  throw new Refusal(`Unknown arguments: ${args.join(" ")}`);
}
