import process from "node:process";
import { parseArgs } from "node:util";
import type { Door } from "../trouble/troubled_system.ts";
import { runDrill } from "./drill.ts";

const HELP =
  `Loses warehouse, processed bucket, broker and raw bucket of a local system in turn, rebuilds them, and prints what it took.

Usage: npx deno task drill [--doors edge,kafka] [--json]

  --doors NAMES  doors to open (default: edge,kafka; kafka needs Java and is where the broker is lost)
  --json         prints the table as JSON
  --help         prints this

Exit code: 0 everything came back that can, 1 something did not, 2 wrong usage.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      doors: { type: "string", default: "edge,kafka" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return say(HELP);
  const losses = await runDrill(doorsOf(values.doors), (line) => console.error(line));
  if (values.json) return say(JSON.stringify(losses));
  const rows = losses.map(({ lost, survives, rebuilt, seconds }) =>
    `| ${lost} | ${survives} | ${rebuilt} | ${seconds} |`
  );
  return say(["| lost | survives | rebuilt | seconds |", "|---|---|---|---:|", ...rows].join("\n"));
}

function doorsOf(text: string): Door[] {
  return text.split(",").map((door) => {
    if (door === "edge" || door === "kafka") return door;
    throw new TypeError(`Cannot drill as --doors takes edge and kafka: current value is ${text}`);
  });
}

function say(text: string): number {
  console.log(text);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
