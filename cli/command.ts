/**
 * A command is one description: its flags and words, from which follow the help text, the checks and the types.
 * `command` describes and parses, `help_text` prints, `flag_values` reads what flags hold, `run_main` runs.
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { helpText } from "./help_text.ts";
import { nearestName } from "./nearest_name.ts";
import { UsageError } from "./usage_error.ts";

/** A flag without a value. */
export interface Switch {
  readonly description: string;
}

/** A flag with a value: a text, or what `parse` makes of it. */
export interface ValueFlag<T = unknown> extends Switch {
  /** What `--help` calls the value: `DIR`. */
  readonly placeholder: string;
  readonly default?: string;
  /** Whether every call must give it. */
  readonly required?: true;
  /** Whether it may be repeated; the values are then a list. */
  readonly multiple?: true;
  /** Throws UsageError that says what the value must be, without the flag's name. */
  readonly parse?: (text: string) => T;
}

/** The flags of a command, by name without dashes. `--help` is every command's. */
export type Flags = Readonly<Record<string, Switch | ValueFlag>>;

/** What a command takes beside its flags. */
export interface Words {
  /** What `--help` calls them: `FILE|DIR`. */
  readonly placeholder: string;
  readonly min: number;
  readonly max?: number;
  /** Throws UsageError that says what a word must be. */
  readonly parse?: (text: string) => string;
}

/** A command. */
export interface CommandSpec<F extends Flags = Flags> {
  /** The name of its task. */
  readonly name: string;
  /** How it is called where that is not `deno task NAME`. */
  readonly program?: string;
  readonly summary: string;
  /** The forms of the call behind the program's name, where flags and words alone do not show them. */
  readonly usage?: readonly string[];
  readonly words?: Words;
  readonly flags: F;
  /** Meanings of exit codes; 2 is the same for every command. */
  readonly exitCodes?: Readonly<Record<number, string>>;
}

type Parsed<V> = V extends { readonly parse: (text: string) => infer T } ? T : string;
type FlagValue<V> = V extends { readonly placeholder: string }
  ? V extends { readonly multiple: true } ? readonly Parsed<V>[]
  : V extends { readonly default: string } | { readonly required: true } ? Parsed<V>
  : Parsed<V> | undefined
  : boolean;

/** What a call says: the flags' values by name, and the words. */
export interface Call<F extends Flags> {
  readonly flags: { readonly [Name in keyof F]: FlagValue<F[Name]> };
  readonly words: readonly string[];
}

/** A command that can be parsed. */
export interface Command<F extends Flags> extends CommandSpec<F> {
  /** The text of `--help`. */
  readonly help: string;
  /** Reads a command line. Throws UsageError with one line that says what would be right. */
  parse(args: readonly string[]): Call<F>;
}

const NO_WORDS: Words = { placeholder: "", min: 0, max: 0 };

/** Makes a command of its description. */
export function defineCommand<const F extends Flags>(spec: CommandSpec<F>): Command<F> {
  return {
    ...spec,
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

function parseCall<F extends Flags>(spec: CommandSpec<F>, args: readonly string[]): Call<F> {
  const { flags, words = NO_WORDS } = spec;
  const given = new Map<string, string[]>();
  const found: string[] = [];
  for (const token of tokensOf(flags, args)) {
    if (token.kind === "positional") found.push(token.value);
    if (token.kind !== "option") continue;
    given.set(token.name, [...given.get(token.name) ?? [], textOf(flags, token)]);
  }
  requireCount(found, words);
  const { placeholder, parse = String } = words;
  const values = Object.entries(flags).map(([name, flag]) => [
    name,
    valueOf(name, flag, given.get(name)),
  ]);
  return {
    flags: Object.fromEntries(values),
    words: found.map((text) => parsed(placeholder, text, parse)),
  };
}

/** Node's own parser divides the arguments; its strict mode has messages of several lines, so the checks are ours. */
function tokensOf(flags: Flags, args: readonly string[]) {
  const options: NonNullable<ParseArgsConfig["options"]> = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: "placeholder" in flag ? "string" as const : "boolean" as const, multiple: true },
    ]),
  );
  const config = { args: [...args], options, strict: false, allowPositionals: true, tokens: true };
  return parseArgs({ ...config, tokens: true }).tokens;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

/** The text of a flag's value; empty for a switch. */
function textOf(flags: Flags, { name, rawName, value, inlineValue }: OptionToken): string {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag === undefined) throw new UsageError(unknownFlag(flags, rawName, name));
  if (!("placeholder" in flag)) {
    if (inlineValue === true) throw new UsageError(`${rawName} takes no value`);
    return "";
  }
  if (value === undefined || (value.startsWith("-") && inlineValue !== true)) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${flag.placeholder}`);
  }
  return value;
}

function unknownFlag(flags: Flags, rawName: string, name: string): string {
  const nearest = nearestName(name, [...Object.keys(flags), "help"]);
  const advice = nearest === undefined ? "see --help" : `did you mean --${nearest}?`;
  return `unknown flag ${rawName}: ${advice}`;
}

function requireCount(found: readonly string[], { placeholder, min, max = Infinity }: Words): void {
  if (found.length >= min && found.length <= max) return;
  if (max === 0) throw new UsageError(`unexpected argument ${found[0]}: see --help`);
  const count = min === max
    ? `exactly ${min}`
    : found.length < min
    ? `at least ${min}`
    : `at most ${max}`;
  throw new UsageError(`takes ${count} ${placeholder} (got ${found.length}): see --help`);
}

function valueOf(name: string, flag: Switch | ValueFlag, texts: readonly string[] = []): unknown {
  if (!("placeholder" in flag)) return texts.length > 0;
  const values = texts.map((text) => parsedOf(name, flag, text));
  if (flag.multiple) return values;
  if (values.length > 0) return values.at(-1);
  if (flag.required) throw new UsageError(`--${name} ${flag.placeholder} is required: see --help`);
  return flag.default === undefined ? undefined : parsedOf(name, flag, flag.default);
}

function parsedOf(name: string, { parse = String }: ValueFlag, text: string): unknown {
  return parsed(`--${name}`, text, parse);
}

function parsed<T>(name: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${name} ${error.message} (got ${JSON.stringify(text)})`);
  }
}
