/** Plays gcloud run, terraform apply, wrangler and bq over one state, for tests of the steps that call them. */
import { readFileSync } from "node:fs";
import { type CloudState, Refusal, type Service } from "./cloud_state.ts";
import { runGcloud } from "./gcloud_run.ts";
import { runWrangler } from "./wrangler.ts";

/** The digest of every image. */
export const DIGEST = `sha256:${"a".repeat(64)}`;

type Program = (state: CloudState, args: readonly string[]) => string;

const GOOD = { images: "1000", failed: "1", p95_ms: "800" };
/** What is played, by how its call begins or ends; every other call succeeds and prints nothing. */
const PLAYED: readonly (readonly [RegExp, Program])[] = [
  [/^gcloud artifacts docker images describe /, () => DIGEST],
  [/^docker buildx imagetools inspect /, () => DIGEST],
  [/^gcloud logging read /, () => "2026-01-01T00:00:00Z"],
  [/^gcloud run /, runGcloud],
  [/^terraform .* deploy\.plan$/, applyPlan],
  [/^npx wrangler /, runWrangler],
  [/^bq show /, showColumns],
  [/^bq /, queryRows],
];

/** A call's exit code, and what it prints: to stdout where the code is 0, else to stderr. */
export interface Ending {
  readonly code: number;
  readonly text: string;
}

/** Runs a call, its program's name first; it refuses what the real programs refuse, and what it does not know. */
export function runCall(state: CloudState, call: readonly string[]): Ending {
  const [, play] = PLAYED.find(([pattern]) => pattern.test(call.join(" "))) ?? [];
  try {
    const text = play?.(state, call.slice(1)) ?? "";
    return { code: 0, text: text === "" ? "" : `${text}\n` };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { code: error.code, text: `ERROR: ${error.message}\n` };
  }
}

/** Applies a plan: makes services that follow their newest revision, or a revision each under the traffic that is set. */
export function applyPlan(
  { service, keeper, nextRevision }: CloudState,
  args: readonly string[],
): string {
  if (args.join(" ") !== "-chdir=infra/terraform apply -input=false deploy.plan") {
    throw new Refusal(`(terraform) unknown arguments: ${args.join(" ")}`);
  }
  if (nextRevision === "none") return "Apply complete! Resources: 0 added, 0 changed, 0 destroyed.";
  addRevision(keeper, true);
  const name = addRevision(service, nextRevision === "ready");
  if (nextRevision === "ready") return "Apply complete!";
  throw new Refusal(`Revision '${name}' is not ready and cannot serve traffic.`);
}

function addRevision(service: Service, ready: boolean): string {
  const name = `${service.name}-${String(service.revisions.length + 1).padStart(5, "0")}-abc`;
  if (service.revisions.length === 0) service.traffic = [{ latestRevision: true, percent: 100 }];
  service.revisions.push({ name, ready });
  return name;
}

/** Prints the columns of a table as `bq show --schema` does: those of its schema file, without what it lacks. */
function showColumns({ missingColumns }: CloudState, args: readonly string[]): string {
  const table = /^[a-z-]+:tintype\.(images|purges)$/.exec(args.at(-1) ?? "")?.[1];
  if (table === undefined || !args.includes("--schema")) {
    throw new Refusal(`(bq) unknown arguments: ${args.join(" ")}`, 2);
  }
  const file = new URL(`../../bigquery/schemas/${table}.json`, import.meta.url);
  const columns: { name: string }[] = JSON.parse(readFileSync(file, "utf8"));
  return JSON.stringify(columns.filter(({ name }) => !missingColumns.includes(name)));
}

/** Prints the rows that `bq query --format=json` finds of the revisions that the SQL names. */
function queryRows({ service, figures }: CloudState, args: readonly string[]): string {
  const sql = args.at(-1) ?? "";
  if (args[0] !== "query" || !args.includes("--format=json")) {
    throw new Refusal(`(bq) unknown arguments: ${args.join(" ")}`, 2);
  }
  const rows = service.revisions
    .filter(({ name }) => sql.includes(`'${name}'`))
    .map(({ name }) => ({ revision: name, ...figures[name] ?? GOOD }));
  return JSON.stringify(rows);
}
