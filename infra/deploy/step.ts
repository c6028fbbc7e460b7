/** A line for bash, or one of which what it prints is kept under a name for the lines after it. */
export type Command = string | SavingCommand;

/** A line whose output is kept, trimmed, as `$NAME`. */
interface SavingCommand {
  readonly line: string;
  readonly saves: string;
}

/** A step of a deployment. */
export interface Step {
  readonly name: string;
  /** What must be there before it. */
  readonly needs: string;
  /** What is different after it. */
  readonly changes: string;
  readonly commands: readonly Command[];
  /** How to take it back, for a person: commands, or why nothing has to be done. Kept values appear as `$NAME`. */
  readonly undo: string;
}
