import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./_tree.ts";
import type { Inventory } from "./inventory.ts";
import { RIGHTS } from "./rights.ts";
import { inventoryFile } from "./steps.ts";

const DOCUMENT = join(ROOT, "docs/security.md");
const BEGIN = "<!-- from the plan of production: deno task infra:check --write -->";
const END = "<!-- end of identities -->";

/** Path and text of docs/security.md with the table of identities as the inventory of production has it. */
export function documentWithIdentities(): { readonly path: string; readonly text: string } {
  const document = readFileSync(DOCUMENT, "utf8");
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END, begin);
  if (begin < 0 || end < 0) {
    throw new Error(`Cannot write the table as docs/security.md lacks "${BEGIN}" or "${END}"`);
  }
  const inventory: Inventory = JSON.parse(readFileSync(inventoryFile("production"), "utf8"));
  const text = `${document.slice(0, begin)}${BEGIN}\n\n${identitiesTable(inventory.grants)}\n\n${
    document.slice(end)
  }`;
  return { path: DOCUMENT, text };
}

/** What each identity may do, and why, as a Markdown table from `identity: role on place` lines. */
function identitiesTable(grants: readonly string[]): string {
  const known = { ...RIGHTS.identities, deployer: RIGHTS.deployer };
  const rows = Object.entries(known).flatMap(([name, { title, why }]) => {
    const own = grants.filter((grant) => grant.startsWith(`${name}: `));
    if (own.length === 0) return [];
    return [
      `| ${title} (\`${name}\`) | ${
        mayOf(own.map((grant) => grant.slice(name.length + 2)))
      } | ${why} |`,
    ];
  });
  return ["| identity | may | why |", "| --- | --- | --- |", ...rows].join("\n");
}

/** `create on raw`, `list on raw` become `raw: create, list`. */
function mayOf(grants: readonly string[]): string {
  const byPlace = Map.groupBy(grants, (grant) => placeNameOf(grant.split(" on ")[1] ?? ""));
  return [...byPlace].map(([place, all]) =>
    `${place}: ${all.map((grant) => grant.split(" on ")[0]?.replace("roles/", "")).join(", ")}`
  ).join("; ");
}

function placeNameOf(place: string): string {
  return place === "google_service_account_iam_member" ? "other accounts" : place;
}
