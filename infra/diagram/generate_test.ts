import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { IMPORT_TABLE } from "../../tools/lint/import_table.ts";
import { type Drawing, parseDrawio } from "./drawio.ts";
import { DIAGRAM_FILES, markOf, svgOfSource } from "./generate.ts";

const TERRAFORM = fileURLToPath(new URL("../terraform", import.meta.url));
/** Rooms inside a room: the picture shows the outer one. */
const INNER_ROOM = /^core\//;
/** What a plan holds of rights: they stand on the arrows. */
const RIGHTS = /_iam_(member|binding|policy)$/;
/** What the plan must have whatever its resources are called. */
const PLAN = [
  ...["raw-bucket", "processed-bucket", "certificates-bucket", "notification", "topic", "quota"],
  ...["subscription", "dead-letters", "dataset", "scheduler", "kafka", "kms", "secrets", "looker"],
  ...["network", "registry", "logs", "alerts", "dashboard", "budget", "identities", "delivery"],
];
const drawing = parseDrawio(readFileSync(DIAGRAM_FILES.source, "utf8"));

/** All words of a custom attribute of the drawing. */
function wordsOf({ vertices }: Drawing, attribute: string): Set<string> {
  return new Set(vertices.flatMap(({ data }) => (data[attribute] ?? "").split(" ")));
}

test("every room of the code is in the picture", () => {
  const drawn = wordsOf(drawing, "rooms");
  const rooms = Object.keys(IMPORT_TABLE).filter((room) => !INNER_ROOM.test(room));
  const missing = [...rooms, "infra/terraform"].filter((room) => !drawn.has(room));
  assert.deepEqual(missing, [], "set them as `rooms` of a box in tintype.drawio");
});

test("every kind of resource that Terraform makes is in the picture, and the rest of the plan", () => {
  const drawn = wordsOf(drawing, "resources");
  const kinds = readdirSync(TERRAFORM, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".tf") && !file.includes(".terraform/"))
    .flatMap((file) => readFileSync(`${TERRAFORM}/${file}`, "utf8").split("\n"))
    .flatMap((line) => /^resource "([a-z0-9_]+)"/.exec(line)?.[1] ?? [])
    .filter((kind) => kind.startsWith("google_") && !RIGHTS.test(kind));
  assert.ok(kinds.length > 0, "Terraform makes something");
  const missing = [...new Set(kinds)].filter((kind) => !drawn.has(kind));
  assert.deepEqual(missing, [], "set them as `resources` of a box in tintype.drawio");
  const plan = wordsOf(drawing, "plan");
  assert.deepEqual(PLAN.filter((word) => !plan.has(word)), []);
});

test("every box has a concern or a room, every arrow says how it is kept secret and who it is", () => {
  const arrows = drawing.edges.filter(({ label }) => !/TLS|inside (Google|Cloudflare)/.test(label));
  assert.deepEqual(arrows.map(({ id, label }) => `${id}: ${label}`), []);
  const identified = /@|JWT|SASL|session URI|agent|OAuth|identity|WIF|signed URL|Cloudflare|keys/;
  const anonymous = drawing.edges.filter(({ label }) => !identified.test(label));
  assert.deepEqual(anonymous.map(({ id, label }) => `${id}: ${label}`), []);
});

test("SVG and PNG are made from the picture as it is", async () => {
  const svg = svgOfSource();
  assert.equal(readFileSync(DIAGRAM_FILES.svg, "utf8"), svg, "run `npx deno task diagram`");
  const { exif } = await sharp(DIAGRAM_FILES.png).metadata();
  assert.ok(exif?.includes(markOf(svg)), "the PNG is older: run `npx deno task diagram`");
});

test("parseDrawio() and the renderer refuse what they do not draw, by name", () => {
  assert.throws(() => parseDrawio("<mxfile><diagram>7Vtbc9o4</diagram></mxfile>"), /compressed/);
  const loose =
    `<root><mxCell id="e" edge="1" style="" source="a"><mxGeometry relative="1"/></mxCell></root>`;
  assert.throws(() => parseDrawio(`<mxGraphModel>${loose}</mxGraphModel>`), /arrow e/);
});
