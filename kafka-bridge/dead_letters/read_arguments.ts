import { parseArgs } from "node:util";
import { brokersOf } from "../broker_list.ts";

/** What `deno task dlq` was asked to do. */
export interface DlqArguments {
  readonly command: "list" | "show" | "redrive" | "help";
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly reasons: ReadonlySet<string>;
  readonly places: ReadonlySet<string>;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** The text of `--help`. */
export const HELP = `Usage: deno task dlq [options] list
       deno task dlq [options] show PLACE
       deno task dlq [options] redrive (--all | --reason CODE | PLACE...)

Looks into the dead-letter topic, and sends letters to their topic's operators' topic (<topic>.redrive): the same image,
the same clock, however often; of several letters of one record the newest. A letter whose bytes would lie there for
longer than its image may live is not sent.
A PLACE is partition/offset in the dead-letter topic, as list --json shows it.
Connects as the bridge does, by KAFKA_TLS, KAFKA_TLS_CA, KAFKA_TLS_CERT, KAFKA_TLS_KEY, KAFKA_SASL_MECHANISM,
KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.
Exits with 0 when it is done, 1 when a letter was not sent, is not there, or Kafka did not answer, 2 when the call is
wrong.

  --brokers LIST    host:port,... (default: $KAFKA_BROKERS or localhost:9092)
  --topic NAME      (default: $KAFKA_DEAD_LETTER_TOPIC or images.dlq)
  --reason CODE     only letters of that reason; may be repeated
  --all             every letter
  --dry-run         say what would be sent and what cannot be, send nothing
  --json            print one JSON line a letter
  --help            show this
`;

const COMMANDS = ["list", "show", "redrive"] as const;
const PLACE = /^\d{1,6}\/\d{1,19}$/;

/** Reads the command line. Throws TypeError, with a line that says what is wrong. */
export function readArguments(
  args: readonly string[],
  defaults: { readonly brokers: string; readonly topic: string },
): DlqArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      brokers: { type: "string", default: defaults.brokers },
      topic: { type: "string", default: defaults.topic },
      reason: { type: "string", multiple: true, default: [] },
      all: { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [word, ...places] = positionals;
  const command = values.help ? "help" : COMMANDS.find((name) => name === word);
  if (command === undefined) throw new TypeError("Cannot go on without list, show or redrive");
  const wrong = places.find((place) => !PLACE.test(place));
  if (wrong !== undefined) {
    throw new TypeError(`Cannot look for ${wrong} as a place is partition/offset`);
  }
  if (command === "show" && places.length !== 1) {
    throw new TypeError("Cannot show as it takes one place");
  }
  if (command !== "help" && values.topic.trim() === "") {
    throw new TypeError("Cannot go on as --topic is empty");
  }
  const isNothingSaid = places.length === 0 && values.reason.length === 0;
  if (command === "redrive" && isNothingSaid !== values.all) {
    throw new TypeError("Cannot redrive as it takes --all, or reasons and places");
  }
  return {
    command,
    brokers: command === "help" ? [] : brokersOf(values.brokers),
    topic: values.topic,
    reasons: new Set(values.reason),
    places: new Set(places),
    dryRun: values["dry-run"],
    json: values.json,
  };
}
