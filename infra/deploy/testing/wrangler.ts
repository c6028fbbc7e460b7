import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { type CloudState, Refusal } from "./cloud_state.ts";

type Worker = CloudState["worker"];
type Call = ReturnType<typeof parseArgs>;

const SECRETS = ["SIGNING_KEY", "PSEUDONYM_KEYS", "CURSOR_KEY", "GRANT_KEY"].map((name) => ({
  name,
}));
/** What the steps call, with the flags that they give beside `--env`. */
const COMMANDS: Readonly<
  Record<string, readonly [ParseArgsOptionsConfig, (worker: Worker, call: Call) => string]>
> = {
  "deploy": [{ tag: { type: "string" } }, deploy],
  "rollback": [{ yes: { type: "boolean", short: "y" } }, rollback],
  "versions list": [{ json: { type: "boolean" } }, listVersions],
  "secret list": [{ format: { type: "string" } }, () => JSON.stringify(SECRETS)],
};

/** Runs `npx wrangler …` against the state's worker. */
export function runWrangler({ worker }: CloudState, args: readonly string[]): string {
  const line = args.slice(1).join(" ");
  const name = Object.keys(COMMANDS).find((each) => `${line} `.startsWith(`${each} `));
  const [options, run] = COMMANDS[name ?? ""] ?? [];
  if (name === undefined || run === undefined) throw new Refusal(`Unknown argument: ${args[1]}`);
  try {
    const own = args.slice(1 + name.split(" ").length);
    const known = { ...options, env: { type: "string" } } as const;
    return run(worker, parseArgs({ args: own, options: known, allowPositionals: true }));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`Unknown arguments: ${line}`); // as wrangler, with any that it does not know
  }
}

function deploy(worker: Worker, { values: { tag } }: Call): string {
  addVersion(worker, typeof tag === "string" ? { tag } : {});
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
function rollback(worker: Worker, { positionals }: Call): string {
  const id = positionals[0] ?? worker.deployments.at(-2);
  if (id === undefined || !worker.versions.some((version) => version.id === id)) {
    throw new Refusal(`Could not find Worker Version ${id ?? "to rollback to"}`);
  }
  worker.deployments.push(id);
  return `Worker Version ${id} has been deployed to 100% of traffic.`;
}

/** The ten newest, the oldest of them first. */
function listVersions({ versions }: Worker): string {
  return JSON.stringify(
    versions.slice(-10).map(({ id, created_on, tag }) => ({
      id,
      metadata: { created_on },
      annotations: { "workers/triggered_by": "upload", "workers/tag": tag },
    })),
  );
}
