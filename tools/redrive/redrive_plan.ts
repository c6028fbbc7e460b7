/** What `deno task redrive` will do, as commands that an operator could type: one place after the other. */
import { defineCommand } from "@tintype/cli/command";
import { httpOrigin, oneOf } from "@tintype/cli/flag_values";
import { PORTS, URLS } from "@tintype/cli/local_ports";
import { UsageError } from "@tintype/cli/usage_error";
import type { CommandLine } from "../run_command.ts";

/** Where things are given up. */
type Place = "events" | "kafka";

const PLACES: readonly Place[] = ["events", "kafka"];

/** What the command line asked for. */
export type RedriveOptions = ReturnType<typeof REDRIVE.parse>;

/** One place's part: what it means, the commands that only look, the ones that do it. */
export interface RedriveStep {
  readonly place: Place;
  readonly means: string;
  readonly look: readonly CommandLine[];
  readonly act: readonly CommandLine[];
  /** What must run on this machine for it. */
  readonly localHost?: string;
}

/** `deno task redrive`. */
export const REDRIVE = defineCommand({
  name: "redrive",
  summary: [
    "Sends again what was given up, in both places, says before what it will do, and asks.",
    "events: images whose event became a dead letter (100 deliveries failed) have the status failed. The keeper repairs at once (deno task repair), which it does by itself anyway: it publishes the event again of every image that is failed or has no manifest. Images whose event still waits, or that are erased, rejected or ready, are not touched.",
    "kafka: the bridge sends records of the dead-letter topic to <topic>.redrive (deno task dlq redrive): the same image, the same retention period, however often. Those too old for that are not sent, and it says so.",
  ].join("\n"),
  flags: {
    "only PLACE": { about: "events or kafka (default: both)", parse: oneOf(PLACES) },
    "dry-run": "only look",
    "yes": "do not ask",
    "reason CODE": { about: "only Kafka letters of that reason", many: true },
    "bridge URL": {
      about:
        `a member's operations port (local: ${URLS.bridge}); in Google Cloud by a tunnel: gcloud compute start-iap-tunnel MEMBER 8081 --local-host-port localhost:8081 --zone ZONE`,
      parse: httpOrigin,
    },
    "project P":
      "Google Cloud's project (default: the local system); needs gcloud and bq, signed in",
    "keeper URL": "address of its keeper: https://tintype-keeper-NUMBER.REGION.run.app",
    "prefix NAME": "first part of its names (default: tintype)",
  },
  exitCodes: {
    1: "a command failed, a letter was too old to be sent, or the answer was no",
    2: "wrong call, or a place could not be looked at (then nothing is done)",
  },
});

const FAILED = "SELECT COUNT(*) AS failed FROM tintype.images_current WHERE status = 'failed'";
/** The view reads eight days of narrow rows: 10 GiB are more than it ever needs. */
const MOST_BYTES = 10 * 2 ** 30;
const LOCAL_QUERIES = `${URLS.bigquery}/bigquery/v2/projects/tintype-local/queries`;

/** The call, where its flags agree; throws UsageError where they contradict each other. */
export function requireAgreement(options: RedriveOptions): RedriveOptions {
  const { only, reason, project, keeper, prefix, bridge } = options;
  if (project === undefined && (keeper ?? prefix) !== undefined) {
    throw new UsageError("Cannot run redrive: --keeper and --prefix need --project");
  }
  if (project !== undefined && keeper === undefined && only !== "kafka") {
    throw new UsageError("Cannot run redrive: --project needs --keeper");
  }
  if (project !== undefined && bridge === undefined && only !== "events") {
    throw new UsageError("Cannot run redrive: --project needs --bridge");
  }
  if (only === "events" && (reason.length > 0 || bridge !== undefined)) {
    throw new UsageError("Cannot run redrive: --only events leaves --reason and --bridge out");
  }
  return options;
}

/** The steps of what was asked for, in their order. `node` runs `dlq`. */
export function planRedrive(options: RedriveOptions, node: string): RedriveStep[] {
  const steps = { events: () => eventsStep(options), kafka: () => kafkaStep(options, node) };
  return PLACES.filter((place) => [place, undefined].includes(options.only))
    .map((place) => steps[place]());
}

function eventsStep(
  { project, keeper = "", prefix = "tintype" }: RedriveOptions,
): RedriveStep {
  const means =
    "the event of every image that is failed or has no manifest is published again, unless it waits";
  if (project === undefined) {
    return {
      place: "events",
      means: `dead letters are delivered once more, and ${means}`,
      localHost: `localhost:${PORTS.storage}`,
      look: [
        curl(`${URLS.storage}/_local/push`),
        post(LOCAL_QUERIES, { query: FAILED, useLegacySql: false }),
      ],
      act: [
        post(`${URLS.storage}/_local/push/redrive`, {}),
        post(`${URLS.storage}/_local/scheduler`, { job: "repair" }),
      ],
    };
  }
  const bounded = ["--nouse_legacy_sql", `--maximum_bytes_billed=${MOST_BYTES}`];
  const repair = ["repair", "--since", "7d", "--project", project, "--keeper", keeper];
  return {
    place: "events",
    means,
    look: [["bq", "query", `--project_id=${project}`, ...bounded, FAILED]],
    act: [["npx", "deno", "task", ...repair, "--prefix", prefix]],
  };
}

function kafkaStep({ reason: reasons, bridge }: RedriveOptions, node: string): RedriveStep {
  const dlq: CommandLine = [
    ...[node, "kafka-bridge/dead_letters/main.ts", "redrive"] as const,
    ...(reasons.length === 0 ? ["--all"] : reasons.flatMap((reason) => ["--reason", reason])),
    ...(bridge === undefined ? [] : ["--bridge", bridge]),
  ];
  const which = reasons.length === 0
    ? "every dead letter"
    : `dead letters of ${reasons.join(", ")}`;
  return {
    place: "kafka",
    means: `the bridge sends ${which} to its topic's <topic>.redrive, and takes it again`,
    look: [[...dlq, "--dry-run"]],
    act: [dlq],
  };
}

function post(url: string, body: object): CommandLine {
  const json = ["--header", "Content-Type: application/json", "--data", JSON.stringify(body)];
  return curl(url, "--request", "POST", ...json);
}

function curl(url: string, ...options: readonly string[]): CommandLine {
  return ["curl", "--silent", "--show-error", "--fail-with-body", ...options, url];
}
