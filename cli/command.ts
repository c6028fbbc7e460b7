/**
 * A command is one description: its flags and words, from which follow the help text, the checks and the types.
 * `command_spec` describes, `command` parses, `help_text` prints, `flag_values` reads what flags hold, `run_main` runs.
 */
import { parseArgs } from "node:util";
import type { CommandSpec, Flags, ValueFlag } from "./command_spec.ts";
import { helpText } from "./help_text.ts";
import { nearestName } from "./nearest_name.ts";
import { UsageError } from "./usage_error.ts";

type CamelCase<S> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;
type NameOf<Key> = CamelCase<Key extends `${infer Name} ${string}` ? Name : Key> & string;
type Parsed<V> = V extends { readonly parse: (text: string) => infer T } ? T : string;
type ValueOf<Key, V> = Key extends `${string} ${string}`
  ? V extends { readonly many: true } ? readonly Parsed<V>[]
  : V extends { readonly default: string } | { readonly required: true } ? Parsed<V>
  : Parsed<V> | undefined
  : boolean;

/** What a call says: the flags' values by their names in camel case, and the words. */
export type Call<F extends Flags> =
  & { readonly [Key in keyof F as NameOf<Key>]: ValueOf<Key, F[Key]> }
  & { readonly words: readonly string[] };

/** A command that can be parsed. */
export interface Command<F extends Flags> {
  /** The text of `--help`. */
  readonly help: string;
  /** Reads a command line. Throws UsageError with one line that says what would be right. */
  parse(args: readonly string[]): Call<F>;
}

/** Makes a command of its description. */
export function defineCommand<const F extends Flags>(spec: CommandSpec<F>): Command<F> {
  return {
    help: helpText(spec),
    parse: (args) => {
      try {
        return parseCall(spec, args);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        throw new UsageError(`Cannot run ${spec.name}: ${error.message}`);
      }
    },
  };
}

function parseCall<F extends Flags>({ flags, words }: CommandSpec<F>, args: readonly string[]) {
  const keys = Object.entries(flags).map(([key, flag]) => [key.split(" "), flag] as const);
  const options = keys.map(([[name, placeholder]]) =>
    [name, { type: placeholder === undefined ? "boolean" : "string", multiple: true }] as const
  );
  const { values, positionals } = divide(args, Object.fromEntries(options), words !== undefined);
  const { placeholder = "", min = 0, max = Infinity, parse } = words ?? {};
  if (positionals.length < min || positionals.length > max) {
    const count = min === max
      ? `${min}`
      : positionals.length < min
      ? `at least ${min}`
      : `at most ${max}`;
    throw new UsageError(`takes ${count} ${placeholder} (got ${positionals.length}): see --help`);
  }
  const call = keys.map(([[name = "", placeholder], flag]) => [
    name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
    placeholder === undefined ? name in values : valueOf(`--${name}`, flag, values[name]),
  ]);
  const found = positionals.map((text) => parsed(placeholder, text, parse));
  return { ...Object.fromEntries(call), words: found };
}

type Options = Readonly<
  Record<string, { readonly type: "boolean" | "string"; readonly multiple: true }>
>;

function divide(args: readonly string[], options: Options, allowPositionals: boolean) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals });
  } catch (error) {
    // What follows Node's first sentence is about words that begin with a dash.
    const [why = ""] = String(error instanceof Error ? error.message : error).split(/\. |\.?\n/);
    const [, name = ""] = /^Unknown option '-*([^']+)'/.exec(why) ?? [];
    const nearest = nearestName(name, [...Object.keys(options), "help"]);
    throw new UsageError(
      `${why}: ${nearest === undefined ? "see --help" : `did you mean --${nearest}?`}`,
    );
  }
}

function valueOf(name: string, flag: string | ValueFlag, texts: unknown = []): unknown {
  const { default: standard, required, many, parse }: Partial<ValueFlag> = typeof flag === "string"
    ? {}
    : flag;
  const values = [texts].flat().map((text) => parsed(name, String(text), parse));
  if (many) return values;
  if (values.length > 0) return values.at(-1);
  if (required) throw new UsageError(`${name} is required: see --help`);
  return standard === undefined ? undefined : parsed(name, standard, parse);
}

function parsed(name: string, text: string, parse: (text: string) => unknown = String) {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${name} ${error.message} (got ${JSON.stringify(text)})`);
  }
}
