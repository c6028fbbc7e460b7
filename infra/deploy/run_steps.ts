import { spawn } from "node:child_process";
import type { Step } from "./step.ts";

/** How steps are run. */
export interface RunStepsOptions {
  readonly cwd: string;
  readonly say: (line: string) => void;
}

/** The steps as a script that bash can read: headings and rollbacks are comments, kept values are assignments. */
export function scriptOf(steps: readonly Step[]): string[] {
  return [
    "#!/usr/bin/env bash",
    "set -euo pipefail",
    ...steps.flatMap(({ name, commands, rollback }, index) => [
      "",
      `# ${index + 1}. ${name}`,
      ...commands.map((command) =>
        typeof command === "string" ? command : `${command.saves}="$(${command.line})"`
      ),
      `# rollback: ${rollback}`,
    ]),
  ];
}

/** Runs the steps one after another and answers whether all were done; where one fails, says how to take back what was. */
export async function runSteps(
  steps: readonly Step[],
  { cwd, say }: RunStepsOptions,
): Promise<boolean> {
  const kept: Record<string, string> = {};
  for (const [index, { name, commands }] of steps.entries()) {
    say(`${index + 1}/${steps.length} ${name}`);
    for (const command of commands) {
      const { line, saves = undefined } = typeof command === "string" ? { line: command } : command;
      const { code, output } = await runLine(line, { cwd, kept, captures: saves !== undefined });
      if (code !== 0) {
        sayFailure(steps.slice(0, index + 1), { say, line, code, kept });
        return false;
      }
      if (saves !== undefined) kept[saves] = output.trim();
    }
  }
  return true;
}

function sayFailure(
  done: readonly Step[],
  { say, line, code, kept }: {
    readonly say: (line: string) => void;
    readonly line: string;
    readonly code: number;
    readonly kept: Readonly<Record<string, string>>;
  },
): void {
  say(`Cannot go on as this ended with ${code}: ${line}`);
  say("To take back what was done, the last first:");
  // A person's shell does not have the kept values.
  const filled = (text: string) =>
    text.replaceAll(/\$([A-Z_]+)/g, (whole, name) => kept[name] ?? whole);
  for (const { name, rollback } of done.toReversed()) say(`  ${name}: ${filled(rollback)}`);
}

function runLine(
  line: string,
  { cwd, kept, captures }: {
    readonly cwd: string;
    readonly kept: Readonly<Record<string, string>>;
    readonly captures: boolean;
  },
): Promise<{ code: number; output: string }> {
  // Values go as arguments of env, so that this module needs no environment of its own.
  const values = Object.entries(kept).map(([name, value]) => `${name}=${value}`);
  const child = spawn("env", [...values, "bash", "-euo", "pipefail", "-c", line], {
    cwd,
    stdio: ["inherit", captures ? "pipe" : "inherit", "inherit"],
  });
  let output = "";
  child.stdout?.on("data", (text: unknown) => output += String(text));
  return new Promise((resolve) => {
    child.on("error", () => resolve({ code: 127, output }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
