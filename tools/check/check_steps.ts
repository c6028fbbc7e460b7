/** The steps of `deno task check`, in their order: each is a command that succeeds or says what is wrong. */
import { join } from "node:path";
import { listSourceFiles } from "./import_graph.ts";

/** One step: its name and the command, program first. */
export interface CheckStep {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** Rooms that Deno's type checker reads; edge and the bridge belong to the runtimes that run them. */
const DENO_ROOMS: readonly string[] = [
  "gcs",
  "core",
  "processor",
  "client",
  "infra",
  "local",
  "tools",
  "tests",
  "bench",
];

/** The steps for the repository at `root`; rooms without source are left out. */
export function checkSteps(root: string): CheckStep[] {
  const deno = Deno.execPath();
  const tsc = join(root, "node_modules/.bin/tsc");
  const files = listSourceFiles(root);
  const rooms = DENO_ROOMS.filter((room) => files.some((path) => path.startsWith(`${room}/`)));
  return [
    { name: "format", command: [deno, "fmt", "--check"] },
    { name: "lint", command: [deno, "lint"] },
    { name: "types on Deno", command: [deno, "check", "--quiet", ...rooms] },
    { name: "types on Node", command: [tsc, "--project", "tsconfig.json"] },
    { name: "types on Workers", command: [tsc, "--project", "edge/tsconfig.json"] },
    { name: "circles", command: [deno, "run", "--allow-all", "tools/check/cycles.ts"] },
    {
      name: "dependencies",
      command: [deno, "run", "--allow-all", "tools/check/unused_dependencies.ts"],
    },
  ];
}
