import { defineCommand } from "@tintype/cli/command";
import { someOf } from "@tintype/cli/flag_values";
import { runMain } from "@tintype/cli/run_main";
import { runDrill } from "./drill.ts";

const DRILL = defineCommand({
  name: "drill",
  summary:
    "Loses BigQuery, the broker and each bucket of images and configuration of a local system in turn, rebuilds what can be, and prints what it took.",
  flags: {
    "doors NAMES": {
      about: "sources to use; kafka needs Java and is where the broker is lost",
      parse: someOf(["edge", "kafka"]),
      default: "edge,kafka",
    },
    "json": "print the table as JSON",
  },
  exitCodes: { 0: "everything came back that can", 1: "something did not" },
});

await runMain(DRILL, async ({ doors, json }) => {
  const losses = await runDrill(doors, (line) => console.error(line));
  if (json) return console.log(JSON.stringify(losses));
  const rows = losses.map(({ lost, survives, rebuilt, seconds }) =>
    `| ${lost} | ${survives} | ${rebuilt} | ${seconds} |`
  );
  const head = ["| lost | survives | rebuilt | seconds |", "|---|---|---|---:|"];
  console.log([...head, ...rows].join("\n"));
});
