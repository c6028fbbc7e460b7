import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { IMPORT_TABLE } from "../lint/import_table.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TERRAFORM = `${ROOT}/infra/terraform`;
/** Folders inside a package: the picture shows the package. */
const INNER_ROOM = /^(core|edge|examples|processor)\//;
/** The picture shows rights on its arrows. */
const RIGHTS = /_iam_(member|binding|policy)$/;
/** What the plan must have whatever its resources are called. */
const PLAN = [
  ...["raw-bucket", "processed-bucket", "certificates-bucket", "notification", "topic", "quota"],
  ...["subscription", "dead-letters", "dataset", "scheduler", "kafka", "kms", "secrets", "looker"],
  ...["network", "registry", "logs", "alerts", "dashboard", "budget", "identities", "delivery"],
];

/** The drawing inside the picture: an editable SVG holds it in its root's `content` attribute. */
const drawing = unescape(
  /^<svg[^>]* content="([^"]*)"/.exec(
    readFileSync(`${ROOT}/docs/images/tintype.drawio.svg`, "utf8"),
  )?.[1] ?? "",
);
const arrows = [...drawing.matchAll(/<object label="([^"]*)"[^>]*>\s*<mxCell [^>]*\bedge="1"/g)]
  .map(([, label = ""]) => unescape(label));

/** All words of a custom attribute of the drawing. */
function wordsOf(attribute: string): Set<string> {
  const lists = drawing.matchAll(new RegExp(` ${attribute}="([^"]*)"`, "g"));
  return new Set([...lists].flatMap(([, words = ""]) => words.split(" ")));
}

function unescape(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&" };
  return text.replaceAll("&#10;", "\n")
    .replace(/&(lt|gt|quot|amp);/g, (_, name: string) => entities[name] ?? "");
}

test("every package of the code is in the picture", () => {
  const drawn = wordsOf("rooms");
  const rooms = Object.keys(IMPORT_TABLE).filter((room) => !INNER_ROOM.test(room));
  const missing = [...rooms, "infra/terraform"].filter((room) => !drawn.has(room));
  assert.deepEqual(missing, [], "set them as `rooms` of a box, in draw.io");
});

test("every kind of resource that Terraform makes is in the picture, and the rest of the plan", () => {
  const drawn = wordsOf("resources");
  const kinds = readdirSync(TERRAFORM, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".tf") && !file.includes(".terraform/"))
    .flatMap((file) => readFileSync(`${TERRAFORM}/${file}`, "utf8").split("\n"))
    .flatMap((line) => /^resource "([a-z0-9_]+)"/.exec(line)?.[1] ?? [])
    .filter((kind) => kind.startsWith("google_") && !RIGHTS.test(kind));
  assert.ok(kinds.length > 0, "Terraform makes something");
  const missing = [...new Set(kinds)].filter((kind) => !drawn.has(kind));
  assert.deepEqual(missing, [], "set them as `resources` of a box, in draw.io");
  const plan = wordsOf("plan");
  assert.deepEqual(PLAN.filter((word) => !plan.has(word)), []);
});

test("every arrow says how it is kept secret and who it is", () => {
  assert.equal(arrows.length, drawing.split('edge="1"').length - 1, "each arrow has a label");
  assert.deepEqual(arrows.filter((label) => !/TLS|inside (Google|Cloudflare)/.test(label)), []);
  const identified = /@|JWT|SASL|session URI|agent|OAuth|identity|WIF|signed URL|Cloudflare|keys/;
  assert.deepEqual(arrows.filter((label) => !identified.test(label)), []);
});
