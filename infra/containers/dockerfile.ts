/**
 * The containers' files, read and run without Docker: `parseDockerfile` reads one, `replay` runs its own lines in an empty
 * folder, `ImageProcess` runs the image's program as its own user.
 */

/** One instruction: its name and everything after it, continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** A stage: what it is built on, its name, and its instructions after `FROM`. */
export interface Stage {
  readonly base: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile in their order; the last is the image. */
export function parseDockerfile(text: string): Stage[] {
  const stages: { base: string; name: string; instructions: Instruction[] }[] = [];
  for (const { name, text: rest } of instructionsOf(text)) {
    if (name === "FROM") {
      const [base = "", , alias] = rest.split(/\s+/);
      stages.push({ base, name: alias ?? String(stages.length), instructions: [] });
      continue;
    }
    stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

function instructionsOf(text: string): Instruction[] {
  const lines = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line)).join("\n");
  return lines.replaceAll(/\\\n\s*/g, " ").split("\n").map((line) => {
    const [name = "", ...rest] = line.trim().split(/\s+/);
    return { name: name.toUpperCase(), text: rest.join(" ") };
  });
}

/** The argument list of an `ENTRYPOINT` or `CMD`; throws SyntaxError for the form that needs a shell. */
export function argumentsOf({ name, text }: Instruction): string[] {
  const list: unknown = JSON.parse(text);
  if (Array.isArray(list) && list.every((each) => typeof each === "string")) return list;
  throw new SyntaxError(`Cannot run ${name} as it is no list of texts: ${text}`);
}
