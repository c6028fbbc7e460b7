/** How `deno task redrive` shows commands and their outputs. */
import type { CommandLine } from "../run_command.ts";

/** A command as it would be typed. */
export function typed(command: CommandLine): string {
  return command.map((word) =>
    /^[\w./:=,@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
  ).join(" ");
}

/** An output as people read it: of the local emulators' responses what was counted, of everything else all. */
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

/** What Pub/Sub's emulator counts that a redrive is about, and what jobs respond with. */
const COUNTS: ReadonlySet<string> = new Set([
  "queued",
  "dead",
  "redriven",
  "republished",
  "failed",
]);

/** A response of the local BigQuery (its REST interface) or of a control of the local storage. */
interface Answer {
  readonly error?: unknown;
  readonly schema?: { readonly fields: readonly { readonly name: string }[] };
  readonly rows?: readonly { readonly f: readonly { readonly v: string | null }[] }[];
  /** What a job responded with. */
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
