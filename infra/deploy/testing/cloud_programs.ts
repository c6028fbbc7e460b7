/** Plays the programs that steps call over one state: each with the flags of the real one, and no others. */
import { readFileSync } from "node:fs";
import { ACCOUNT } from "./account.ts";
import { addRevision, type CloudState, Refusal } from "./cloud_state.ts";
import { publish, queryRows, readLog, uploadPictures } from "./deliveries.ts";
import { type FakeCall, fakeCall, type Play } from "./fake_call.ts";
import { GCLOUD_RUN } from "./gcloud_run.ts";
import { DOCKER } from "./registry.ts";
import { SECRETS } from "./secrets.ts";
import { WRANGLER } from "./wrangler.ts";

const nothing: Play = () => "";
const TERRAFORM = "terraform -chdir=infra/terraform";
/** Every command that is known, by its words: its flags, and what it does. Others are refused. */
const COMMANDS: Readonly<Record<string, readonly [flags: string, play: Play]>> = {
  "git status": ["porcelain?", nothing],
  "npx deno task infra:check": ["", nothing],
  "npx deno task test": ["", nothing],
  "npx deno task columns": ["dry-run?", () => "Every column is there"],
  "npx deno task upload": ["to", uploadPictures],
  "gcloud auth configure-docker": ["quiet?", nothing],
  "gcloud artifacts repositories describe": ["location project", hasRegistry],
  "gcloud logging read": ["project bucket location view freshness limit format", readLog],
  "gcloud pubsub topics publish": ["project attribute message", publish],
  "gcloud scheduler jobs run": ["location project", nothing],
  "gcloud secrets list": [
    "project filter format",
    ({ secrets }) => Object.keys(secrets).join("\n"),
  ],
  "gcloud secrets versions describe": ["secret project format", describeVersion],
  "gcloud storage buckets create": [
    "project location uniform-bucket-level-access? public-access-prevention?",
    nothing,
  ],
  "gcloud storage buckets update": ["versioning?", nothing],
  "gcloud storage cp": ["project", nothing],
  "gcloud storage objects describe": ["project", nothing],
  "gcloud storage rm": ["project", nothing],
  [`${TERRAFORM} init`]: ["reconfigure? input backend-config", nothing],
  [`${TERRAFORM} plan`]: ["input var-file var out", makePlan],
  [`${TERRAFORM} show`]: ["no-color?", () => "Plan: 2 to add"],
  [`${TERRAFORM} apply`]: ["input auto-approve? var-file var target", applyPlan],
  "bq show": ["project_id schema? format", showColumns],
  "bq query": ["project_id format use_legacy_sql quiet? max_rows", queryRows],
  ...ACCOUNT,
  ...GCLOUD_RUN,
  ...DOCKER,
  ...SECRETS,
  ...WRANGLER,
};

/** A call's exit code, and what it prints: to stdout where the code is 0, else to stderr. */
export interface Ending {
  readonly code: number;
  readonly text: string;
}

/** Runs a call, its program's name first; it refuses what the real programs refuse, and what it does not know. */
export function runCall(state: CloudState, call: readonly string[]): Ending {
  try {
    const text = play(state, call);
    return { code: 0, text: text === "" ? "" : `${text}\n` };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { code: error.code, text: `ERROR: ${error.message}\n` };
  }
}

/** Runs a call and returns what it prints; throws Refusal. */
function play(state: CloudState, call: readonly string[]): string {
  for (let count = Math.min(5, call.length); count >= 1; count--) {
    const command = call.slice(0, count).join(" ");
    const [flags, run] = COMMANDS[command] ?? [];
    if (run === undefined || flags === undefined) continue;
    // Terraform's and BigQuery's flags begin with one dash or two.
    const args = call.slice(count).map((arg) => arg.replace(/^-(?=[a-z])/, "--"));
    return run(state, fakeCall(command, args, flags));
  }
  throw new Refusal(`Invalid choice: ${call.slice(0, 4).join(" ")}`, 2);
}

function hasRegistry({ registry }: CloudState): string {
  if (registry.exists) return "";
  throw new Refusal("NOT_FOUND: Requested entity was not found.");
}

function describeVersion({ secrets }: CloudState, { flags: { secret = "" } }: FakeCall): string {
  const newest = secrets[secret];
  if (newest) return `versions/${newest}`;
  throw new Refusal("NOT_FOUND: Secret Version [latest] not found.");
}

/** A plan is for the state as it is. */
function makePlan({ terraform }: CloudState, { flags }: FakeCall): string {
  if (flags["out"] === undefined) throw new Refusal("a plan that is not kept cannot be approved");
  terraform.plan = terraform.serial;
  return "Plan: 2 to add";
}

/** Applies targets, or a plan: makes services that follow their newest revision, or a revision each under the traffic that is set. */
function applyPlan(state: CloudState, { words: [file], flags }: FakeCall): string {
  const { service, keeper, next, terraform, registry } = state;
  if (flags["target"] !== undefined) {
    registry.exists = true;
    return "Apply complete!";
  }
  if (file !== "deploy.plan" || terraform.plan !== terraform.serial) {
    throw new Refusal("Saved plan is stale");
  }
  if (next === "none") return "Apply complete! Resources: 0 added, 0 changed, 0 destroyed.";
  terraform.serial++;
  addRevision(keeper, { ready: true });
  const ready = next !== "failing";
  const name = addRevision(service, { ready, ...ready ? { behaviour: next } : {} });
  if (ready) return "Apply complete!";
  throw new Refusal(`Revision '${name}' is not ready and cannot serve traffic.`);
}

/** Prints the columns of a table as `bq show --schema` does: those of its schema file, without what it lacks. */
function showColumns({ missingColumns }: CloudState, { words: [name = ""] }: FakeCall): string {
  const table = /^[a-z-]+:tintype\.(images|purges)$/.exec(name)?.[1];
  if (table === undefined) throw new Refusal(`(bq) Not found: Table ${name}`, 2);
  const file = new URL(`../../bigquery/schemas/${table}.json`, import.meta.url);
  const columns: { name: string }[] = JSON.parse(readFileSync(file, "utf8"));
  return JSON.stringify(columns.filter((column) => !missingColumns.includes(column.name)));
}
