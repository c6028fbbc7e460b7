import { readdirSync } from "node:fs";
import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";

const VIEWS = "infra/bigquery/views/";
const DAY_MS = 86_400_000;
const { periodMs, partitionExpirationMs } = RETENTION_BOUNDS;

/** What stands before each comment in a view: `INTERVAL 3 DAY /* period *\/`. */
const BOUNDS: Readonly<Record<string, string>> = {
  "period": intervalOf(periodMs),
  "period and grace": intervalOf(periodMs + RETENTION_POLICY.graceMs),
  "partitions": intervalOf(partitionExpirationMs),
  "days kept": String(periodMs / DAY_MS),
};

/** The views' files, from the repository's root. */
export function viewPaths(): string[] {
  const files = readdirSync(new URL(`../../${VIEWS}`, import.meta.url)).sort();
  return files.filter((file) => file.endsWith(".sql")).map((file) => VIEWS + file);
}

/** The SQL with the policy's numbers before the comments that name them. */
export function withBounds(sql: string): string {
  return sql.replaceAll(
    /(?:INTERVAL [\d.]+ [A-Z]+|[\d.]+) \/\* ([a-z ]+) \*\//g,
    (text, name: string) => Object.hasOwn(BOUNDS, name) ? `${BOUNDS[name]} /* ${name} */` : text,
  );
}

function intervalOf(ms: number): string {
  return ms % DAY_MS === 0 ? `INTERVAL ${ms / DAY_MS} DAY` : `INTERVAL ${ms} MILLISECOND`;
}
