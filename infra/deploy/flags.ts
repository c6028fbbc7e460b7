import { oneOf } from "@tintype/cli/flag_values";

/** Which deployment a command is about. */
export const ENV_FLAG = {
  "env NAME": {
    about: "preview or production",
    parse: oneOf(["preview", "production"]),
    default: "preview",
  },
} as const;

/** The same, of a command whose steps can be printed instead of run. */
export const STEPS_FLAGS = {
  ...ENV_FLAG,
  "dry-run": "print what each step needs, changes and runs, and its undo; run nothing",
} as const;
