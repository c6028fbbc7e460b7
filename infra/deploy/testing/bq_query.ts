import { type CloudState, Refusal } from "./cloud_state.ts";

const GOOD = { images: "1000", failed: "1", p95_ms: "800" };

/** Prints the rows that `bq query --format=json` finds of the revisions that the SQL names. */
export function queryRows({ service, figures }: CloudState, args: readonly string[]): string {
  const sql = args.at(-1) ?? "";
  if (args[0] !== "query" || !args.includes("--format=json")) {
    throw new Refusal(`(bq) unknown arguments: ${args.join(" ")}`, 2);
  }
  const rows = service.revisions
    .filter(({ name }) => sql.includes(`'${name}'`))
    .map(({ name }) => ({ revision: name, ...figures[name] ?? GOOD }));
  return JSON.stringify(rows);
}
