import { defineCommand } from "@tintype/cli/command";
import { httpOrigin, nonEmpty } from "@tintype/cli/flag_values";
import { URLS } from "@tintype/cli/local_ports";
import { UsageError } from "@tintype/cli/usage_error";
import { brokersFlag, CONNECTION, type Env } from "../config/brokers.ts";

const COMMANDS = ["list", "show", "redrive", "skip"] as const;
const BATCH = /^[\w.-]{1,249}\/\d{1,6}\/\d{1,19}$/;
const PLACE = /^\d{1,6}\/\d{1,19}$/;

/** `deno task dlq`. */
export function dlqCommand(env: Env) {
  return defineCommand({
    name: "dlq",
    summary:
      `Looks into the dead-letter topic. \`redrive\` has the bridge send letters to their topic's operators' topic (<topic>.redrive): the same image, the same clock, however often; of several letters of one record the newest. A letter whose bytes would lie there for longer than its image may live is not sent. A PLACE is partition/offset in the dead-letter topic, as list --json shows it. \`skip\` lets the bridge read on behind one batch that cannot be decoded, and prints a report of it; a BATCH is topic/partition/offset, as the bridge logs it (batch_undecodable).\n${CONNECTION}`,
    usage: [
      "list [options]",
      "show PLACE [options]",
      "redrive (--all | --reason CODE | PLACE...) [options]",
      "skip BATCH [options]",
    ],
    words: { placeholder: "of list, show, redrive, skip", min: 1 },
    flags: {
      ...brokersFlag(env),
      "topic NAME": {
        about: "dead-letter topic (or $KAFKA_DEAD_LETTER_TOPIC)",
        parse: nonEmpty,
        default: env["KAFKA_DEAD_LETTER_TOPIC"] || "images.dlq",
      },
      "group NAME": {
        about: "the bridge's group (or $KAFKA_GROUP)",
        parse: nonEmpty,
        default: env["KAFKA_GROUP"] || "tintype-bridge",
      },
      "bridge URL": {
        about:
          `of \`redrive\`: a member's operations port (local: ${URLS.bridge}); in Google Cloud by a tunnel: gcloud compute start-iap-tunnel MEMBER 8081 --local-host-port localhost:8081 --zone ZONE`,
        parse: httpOrigin,
        default: URLS.bridge,
      },
      "reason CODE": { about: "only letters of that reason", many: true },
      "all": "every letter that can pass",
      "dry-run": "say what would be sent or skipped and what cannot be, do nothing",
      "json": "print one JSON line a letter",
    },
    exitCodes: { 1: "a letter was not sent or does not exist, or Kafka failed" },
  });
}

type Call = ReturnType<ReturnType<typeof dlqCommand>["parse"]>;

/** What it was asked to do. */
export interface DlqArguments extends Omit<Call, "words"> {
  readonly command: typeof COMMANDS[number];
  readonly reasons: ReadonlySet<string>;
  readonly places: ReadonlySet<string>;
}

/** What a call asks for. Throws UsageError with a line that says what is wrong. */
export function dlqArgumentsOf({ words: [word, ...places], ...flags }: Call): DlqArguments {
  const command = COMMANDS.find((name) => name === word);
  if (command === undefined) {
    throw new UsageError(`Cannot run dlq: expected list, show, redrive or skip (got "${word}")`);
  }
  if (command === "skip" && (places.length !== 1 || !BATCH.test(places.join()))) {
    throw new UsageError("Cannot run dlq: `skip` expects exactly one TOPIC/PARTITION/OFFSET");
  }
  const wrong = places.find((place) => !PLACE.test(place));
  if (wrong !== undefined && command !== "skip") {
    throw new UsageError(`Cannot run dlq: a PLACE is partition/offset (got "${wrong}")`);
  }
  if (command === "show" && places.length !== 1) {
    throw new UsageError("Cannot run dlq: `show` expects exactly one PARTITION/OFFSET");
  }
  const isNothingSaid = places.length === 0 && flags.reason.length === 0;
  if (command === "redrive" && isNothingSaid !== flags.all) {
    throw new UsageError("Cannot run dlq: `redrive` takes --all, or reasons and places");
  }
  return { ...flags, command, reasons: new Set(flags.reason), places: new Set(places) };
}
