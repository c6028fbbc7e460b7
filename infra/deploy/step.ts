/** A line for bash; what it prints may be kept under a name for the lines after it. */
export interface Command {
  readonly line: string;
  readonly saves?: string;
}

/** A step of a deployment. */
export interface Step {
  readonly name: string;
  readonly commands: readonly Command[];
  /** How to take it back, for a person: commands, or why nothing has to be done. Kept values appear as `$NAME`. */
  readonly rollback: string;
}
