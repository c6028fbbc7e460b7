import { spawn } from "node:child_process";
import type { Step } from "./step.ts";

/** How steps are run. */
export interface RunStepsOptions {
  readonly cwd: string;
  readonly say: (line: string) => void;
}

/** The steps as a script that bash can read: needs, changes and undo are comments, kept values are assignments. */
export function scriptOf(steps: readonly Step[]): string[] {
  return [
    "#!/usr/bin/env bash",
    "set -euo pipefail",
    ...steps.flatMap(({ name, needs, changes, commands, undo }, index) => [
      "",
      `# ${index + 1}. ${name}`,
      `# needs: ${needs}`,
      `# changes: ${changes}`,
      ...commands.map((command) =>
        typeof command === "string" ? command : `${command.saves}="$(${command.line})"`
      ),
      `# undo: ${undo}`,
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
      const stdout = saves === undefined ? "inherit" : "pipe";
      const { code, output } = await runLine(line, { cwd, kept, stdout });
      if (code !== 0) {
        say(`Cannot go on as this ended with ${code}: ${line}`);
        say("The same command goes on from here. To take back what was done, the last first:");
        undoOf(steps.slice(0, index + 1), kept).forEach(say);
        return false;
      }
      if (saves !== undefined) kept[saves] = output.trim();
    }
  }
  return true;
}

/** How to take steps back, the last first; a person's shell does not have the kept values, so they stand there. */
function undoOf(steps: readonly Step[], kept: Readonly<Record<string, string>>): string[] {
  const filled = (text: string) =>
    text.replaceAll(/\$([A-Z_]+)/g, (whole, name) => kept[name] ?? whole);
  return steps.toReversed().map(({ name, undo }) => `  ${name}: ${filled(undo)}`);
}

interface LineOptions {
  readonly cwd: string;
  readonly kept: Readonly<Record<string, string>>;
  readonly stdout: "inherit" | "pipe";
}

function runLine(line: string, { cwd, kept, stdout }: LineOptions) {
  // Values go as arguments of env, so that this module needs no environment of its own.
  const values = Object.entries(kept).map(([name, value]) => `${name}=${value}`);
  const args = [...values, "bash", "-euo", "pipefail", "-c", line];
  const child = spawn("env", args, { cwd, stdio: ["inherit", stdout, "inherit"] });
  let output = "";
  child.stdout?.on("data", (text: unknown) => output += String(text));
  return new Promise<{ code: number; output: string }>((resolve) => {
    child.on("error", () => resolve({ code: 127, output }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
