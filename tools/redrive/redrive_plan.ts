/** What `deno task redrive` will do, as commands that an operator could type: one place after the other. */
import { parseArgs } from "node:util";

/** Where things are given up. */
export type Place = "events" | "kafka";

/** What the command line asked for. */
export interface RedriveOptions {
  readonly places: readonly Place[];
  readonly dryRun: boolean;
  /** Do it without asking. */
  readonly yes: boolean;
  /** Only Kafka letters of these reasons; all where it is empty. */
  readonly reasons: readonly string[];
  readonly brokers: string | undefined;
  /** Google Cloud's names; undefined for the local system. */
  readonly cloud:
    | { readonly project: string; readonly region: string; readonly prefix: string }
    | undefined;
}

/** One place's part: what it means, the commands that only look, the ones that do it. */
export interface RedriveStep {
  readonly place: Place;
  readonly means: string;
  readonly look: readonly Command[];
  readonly act: readonly Command[];
}

/** A program and its arguments. */
export type Command = readonly [string, ...string[]];

/** A wrong command line; its message is one line that says what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The text of `--help`. */
export const HELP = `Usage: deno task redrive [options]

Sends again what was given up, in both places, says before what it will do, and asks.

  events   Images whose event became a dead letter (15 deliveries failed) have the status failed. The processor's
           reconcile job, which runs hourly anyway, is run now: it processes every raw object that is older than 30
           minutes and has no final manifest. Images that are erased, rejected or ready are not touched.
  kafka    Records in the dead-letter topic go to <topic>.redrive (deno task dlq redrive): the same image, the same
           seven days, however often. Those too old for that are not sent, and it says so.

  --only PLACE       events or kafka (default: both)
  --dry-run          only look
  --yes              do not ask
  --reason CODE      only Kafka letters of that reason; may be repeated
  --brokers LIST     Kafka's brokers (default: $KAFKA_BROKERS or localhost:9092)
  --project P        Google Cloud's project (default: the local system); needs gcloud and bq, signed in
  --region R         its region (default: europe-west4)
  --prefix NAME      first part of its names (default: tintype)
  --help             show this

Exits with 0 when it is done; 1 when a place could not be looked at (then nothing is done), a command failed, a letter
was too old to be sent, or the answer was no; 2 when the call is wrong.
`;

const PLACES: readonly Place[] = ["events", "kafka"];
const FAILED = "SELECT COUNT(*) AS failed FROM tintype.images_current WHERE status = 'failed'";
/** The view reads eight days of narrow rows: 10 GiB are more than it ever needs. */
const MOST_BYTES = 10 * 2 ** 30;
const LOCAL_STORAGE = "http://localhost:9023";
const LOCAL_WAREHOUSE = "http://localhost:9050";

/** Reads the command line; `"help"` where help was asked for. Throws UsageError. */
export function readOptions(args: readonly string[]): RedriveOptions | "help" {
  const { values } = parse(args);
  if (values.help) return "help";
  const only = PLACES.find((place) => place === values.only);
  if (values.only !== undefined && only === undefined) {
    throw new UsageError(`Cannot redrive ${values.only} as --only takes events or kafka`);
  }
  const { project, region = "europe-west4", prefix = "tintype" } = values;
  if (project === undefined && (values.region ?? values.prefix) !== undefined) {
    throw new UsageError("Cannot use --region or --prefix as they need --project");
  }
  if (only === "events" && (values.reason.length > 0 || values.brokers !== undefined)) {
    throw new UsageError("Cannot use --reason or --brokers as --only events leaves Kafka out");
  }
  return {
    places: only === undefined ? PLACES : [only],
    dryRun: values["dry-run"],
    yes: values.yes,
    reasons: values.reason,
    brokers: values.brokers,
    cloud: project === undefined ? undefined : { project, region, prefix },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        only: { type: "string" },
        "dry-run": { type: "boolean", default: false },
        yes: { type: "boolean", default: false },
        reason: { type: "string", multiple: true, default: [] },
        brokers: { type: "string" },
        project: { type: "string" },
        region: { type: "string" },
        prefix: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    // What follows the first sentence is about words that begin with a dash, and there are none.
    const [why] = (error instanceof Error ? error.message : String(error)).split(". ");
    throw new UsageError(`${why} (--help lists the options)`);
  }
}

/** The steps of what was asked for, in their order. `node` runs the bridge's tool. */
export function planRedrive(options: RedriveOptions, node: string): RedriveStep[] {
  const steps = { events: () => eventsStep(options), kafka: () => kafkaStep(options, node) };
  return options.places.map((place) => steps[place]());
}

function eventsStep({ cloud }: RedriveOptions): RedriveStep {
  const means = "every raw object older than 30 minutes without a final manifest is processed now";
  if (cloud === undefined) {
    return {
      place: "events",
      means: `dead letters are delivered once more, and ${means}`,
      look: [
        curl(`${LOCAL_STORAGE}/_local/push`),
        post(`${LOCAL_WAREHOUSE}/bigquery/v2/projects/tintype-local/queries`, {
          query: FAILED,
          useLegacySql: false,
        }),
      ],
      act: [
        post(`${LOCAL_STORAGE}/_local/push/redrive`, {}),
        post(`${LOCAL_STORAGE}/_local/scheduler`, { job: "reconcile" }),
      ],
    };
  }
  const { project, region, prefix } = cloud;
  return {
    place: "events",
    means,
    look: [[
      "bq",
      "query",
      `--project_id=${project}`,
      "--nouse_legacy_sql",
      `--maximum_bytes_billed=${MOST_BYTES}`,
      FAILED,
    ]],
    act: [[
      ...["gcloud", "scheduler", "jobs", "run", `${prefix}-reconcile`] as const,
      `--location=${region}`,
      `--project=${project}`,
    ]],
  };
}

function kafkaStep({ reasons, brokers }: RedriveOptions, node: string): RedriveStep {
  const dlq: Command = [
    node,
    "--disable-warning=TimeoutNegativeWarning",
    "kafka-bridge/dead_letters/main.ts",
    "redrive",
    ...(reasons.length === 0 ? ["--all"] : reasons.flatMap((reason) => ["--reason", reason])),
    ...(brokers === undefined ? [] : ["--brokers", brokers]),
  ];
  const which = reasons.length === 0
    ? "every dead letter"
    : `dead letters of ${reasons.join(", ")}`;
  return {
    place: "kafka",
    means: `${which} goes to its topic's <topic>.redrive, where the bridge takes it again`,
    look: [[...dlq, "--dry-run"]],
    act: [dlq],
  };
}

function post(url: string, body: object): Command {
  const json = ["--header", "Content-Type: application/json", "--data", JSON.stringify(body)];
  return curl(url, "--request", "POST", ...json);
}

function curl(url: string, ...options: readonly string[]): Command {
  return ["curl", "--silent", "--show-error", "--fail-with-body", ...options, url];
}

/** A command as it would be typed. */
export function typed(command: Command): string {
  return command.map((word) =>
    /^[\w./:=,@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
  ).join(" ");
}

/** An output as people read it: of the local stand-ins' answers what was counted, of everything else all. */
export function shortened(output: string): string {
  const answer = readAnswer(output);
  if (answer === undefined || answer.error !== undefined) return output;
  const { schema, rows = [] } = answer;
  if (schema !== undefined) {
    const names = schema.fields.map(({ name }) => name);
    return rows.map(({ f }) => f.map(({ v }, at) => `${names[at]}: ${v}`).join(", ")).join("\n");
  }
  const counted = Object.entries({ ...answer, ...answer.body });
  return counted.flatMap(([name, count]) => COUNTS.has(name) ? [`${name}: ${count}`] : [])
    .join(", ");
}

/** What the events' stand-in counts that a redrive is about, and what its jobs answer. */
const COUNTS: ReadonlySet<string> = new Set(["queued", "dead", "redriven", "processed", "failed"]);

/** An answer of the local warehouse (BigQuery's REST interface) or of a control of the local storage. */
interface Answer {
  readonly error?: unknown;
  readonly schema?: { readonly fields: readonly { readonly name: string }[] };
  readonly rows?: readonly { readonly f: readonly { readonly v: string | null }[] }[];
  /** What a job answered. */
  readonly body?: object | null;
}

function readAnswer(output: string): Answer | undefined {
  if (!output.startsWith("{")) return undefined;
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}
