/** A flag with a value: a text, or what `parse` makes of it. */
export interface ValueFlag<T = unknown> {
  readonly about: string;
  readonly default?: string;
  /** Whether every call must give it. */
  readonly required?: true;
  /** Whether it may be repeated; the values are then a list. */
  readonly many?: true;
  /** Throws UsageError that says what the value must be, without the flag's name. */
  readonly parse?: (text: string) => T;
}

/**
 * What `--help` says of each flag, by name without dashes. A flag that has a value is followed by what `--help` calls that:
 * `"at-once N"`. `--help` is every command's.
 */
export type Flags = Readonly<Record<string, string | ValueFlag>>;

/** What a command takes beside its flags. */
interface Words {
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
  /** Meanings of exit codes that are not every command's. */
  readonly exitCodes?: Readonly<Record<number, string>>;
}
