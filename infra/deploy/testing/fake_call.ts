import { parseArgs } from "node:util";
import { type CloudState, Refusal } from "./cloud_state.ts";

/** What a call says beside its command: words, and flags without their dashes. */
export interface FakeCall {
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, string | undefined>>;
}

/** What a command does and prints. */
export type Play = (state: CloudState, call: FakeCall) => string;

/**
 * Reads a call's arguments; refuses every flag that is not listed, as the real programs do. A name that ends with `?`
 * takes no value.
 */
export function fakeCall(command: string, args: readonly string[], names: string): FakeCall {
  const options = names.split(" ").filter(Boolean).map((name) =>
    [name.replace("?", ""), { type: name.endsWith("?") ? "boolean" : "string" }] as const
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: Object.fromEntries(options),
      allowPositionals: true,
    });
    const flags = Object.entries(values).map(([name, value]) => [name, String(value)]);
    return { words: positionals, flags: Object.fromEntries(flags) };
  } catch (error) {
    throw new Refusal(`(${command}) unrecognized arguments: ${String(error)}`, 2);
  }
}
