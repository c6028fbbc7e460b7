/** The steps of `deno task check`, in their order: each is a command that succeeds or says what is wrong. */
import { join } from "node:path";
import { findNodeBinary } from "../node_binary.ts";
import type { CommandLine } from "../run_command.ts";

/** One step: its name and the command. */
export interface CheckStep {
  readonly name: string;
  readonly command: CommandLine;
}

const DENO_FOLDERS = "cli gcs pubsub core processor client tools bench".split(" ");
/** What Deno runs; the rest is checked for the runtime that runs it. */
const ON_DENO: readonly string[] = [...DENO_FOLDERS, "local/start", "tests/soak.ts"];
const OTHER_FOLDERS = "edge examples infra kafka-bridge local page tests".split(" ");
const SHIPPED = "tools/check/knip_shipped.jsonc";
/** Source of ours, for dpdm. */
const SOURCES = `{${[...DENO_FOLDERS, ...OTHER_FOLDERS].join(",")}}/**/*.ts`;

/** The steps for the repository at `root`. */
export function checkSteps(root: string): CheckStep[] {
  const deno = Deno.execPath();
  const tsc = join(root, "node_modules/.bin/tsc");
  const onNode = (program: string) =>
    [findNodeBinary(root), join(root, "node_modules", program)] as const;
  const knip = onNode("knip/bin/knip.js");
  const quiet = ["--no-tree", "--no-warning", "--no-progress"];
  return [
    { name: "format", command: [deno, "fmt", "--check"] },
    { name: "lint", command: [deno, "lint"] },
    { name: "types on Deno", command: [deno, "check", "--quiet", ...ON_DENO] },
    { name: "types on Node", command: [tsc, "--project", "tsconfig.json"] },
    { name: "types on Workers", command: [tsc, "--project", "edge/tsconfig.json"] },
    {
      // Type imports count, as packages must not lean on each other.
      name: "cycles",
      command: [
        ...onNode("dpdm/lib/bin/dpdm.js"),
        ...[...quiet, "--transform=false", "--exit-code", "circular:1", SOURCES],
      ],
    },
    { name: "unused", command: [...knip, "--no-progress"] },
    {
      name: "shipped",
      command: [...knip, "--no-progress", "--config", SHIPPED, "--production", "--strict"],
    },
    {
      name: "words",
      command: [deno, "run", "--allow-read", "--allow-run", "tools/check/words.ts"],
    },
  ];
}
