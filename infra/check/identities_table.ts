import { readFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable, withSection } from "../../tools/marked_section.ts";
import { ROOT } from "./_tree.ts";
import type { Inventory } from "./inventory.ts";
import { RIGHTS } from "./rights.ts";
import { inventoryFile } from "./steps.ts";

const DOCUMENT = join(ROOT, "docs/security.md");
const MARKS = [
  "<!-- from the plan of production: deno task infra:check --write -->",
  "<!-- end of identities -->",
] as const;

/** Path and text of docs/security.md with the table of identities as the inventory of production has it. */
export function documentWithIdentities(): { readonly path: string; readonly text: string } {
  const inventory: Inventory = JSON.parse(readFileSync(inventoryFile("production"), "utf8"));
  const table = identitiesTable(inventory.grants);
  return { path: DOCUMENT, text: withSection(readFileSync(DOCUMENT, "utf8"), MARKS, table) };
}

/** What each identity may do, and why, as a Markdown table from `identity: role on place` lines. */
function identitiesTable(grants: readonly string[]): string {
  const known = { ...RIGHTS.identities, deployer: RIGHTS.deployer, planner: RIGHTS.planner };
  const rows = Object.entries(known).flatMap(([name, { title, why }]) => {
    const own = grants.filter((grant) => grant.startsWith(`${name}: `))
      .map((grant) => grant.slice(name.length + 2));
    return own.length === 0 ? [] : [[`${title} (\`${name}\`)`, mayOf(own), why]];
  });
  return markdownTable(["identity", "may", "why"], rows);
}

/** `create on raw`, `list on raw` become `raw: create, list`. */
function mayOf(grants: readonly string[]): string {
  const byPlace = Map.groupBy(grants, (grant) => placeNameOf(grant.split(" on ")[1] ?? ""));
  return [...byPlace].map(([place, all]) => {
    const verbs = new Set(all.map((grant) => grant.split(" on ")[0]?.replace("roles/", "")));
    return `${place}: ${[...verbs].join(", ")}`;
  }).join("; ");
}

function placeNameOf(place: string): string {
  if (place === "google_service_account_iam_member") return "other accounts";
  if (place === "terraform") return "the state's bucket";
  return place.replace(/slow-\d$/, "slow-*"); // eight lanes, each with the same rights
}
