import type { BigQuery } from "@google-cloud/bigquery";
import { STATEMENTS } from "@tintype/processor/adapters/bigquery_statements";
import { sampleRef, sampleRow } from "@tintype/core/testing/sample_row";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { readViewColumns, viewNames } from "../../infra/bigquery/read_schemas.ts";
import { clientOf } from "./_testing.ts";
import { FIGURES } from "./_view_figures_testing.ts";
import { SAMPLE_NOW_MS, sampleRows, sampleSweeps } from "./samples/sample_rows.ts";
import { openSampleBigQuery, type SampleBigQuery } from "./samples/sample_bigquery.ts";
import { describeField, parseFields } from "./table_schema.ts";

const NAMES = viewNames();
/** Columns of a company's own, as `deno task columns` adds them; those that are in the schema file already come with it. */
const OWN_COLUMNS = [
  { name: "own_score", type: "FLOAT64", mode: "NULLABLE", description: "A number" },
  { name: "own_labels", type: "STRING", mode: "REPEATED", description: "Words" },
  { name: "own_embedding", type: "FLOAT64", mode: "REPEATED", description: "A vector" },
];
const FOUND = { own_score: 0.5, own_labels: ["cat", "dog"], own_embedding: [0.6, -0.8, 1e-9] };
const EMPTY = Object.fromEntries(
  [...readViewColumns("images_current"), ...OWN_COLUMNS].map(({ name, mode }) => [
    name,
    mode === "REPEATED" ? [] : null,
  ]),
);
/** Every second row has values of the company's own. */
const ROWS = sampleRows().map((row, index) => index % 2 === 0 ? { ...row, ...FOUND } : row);
const INPUT = { rows: ROWS, sweeps: sampleSweeps(), nowMs: SAMPLE_NOW_MS };
const COST = new URL("../../infra/cost/", import.meta.url);
/** Of a JPEG of 12 megapixels, and of HEIC for one in ten. */
const MEAN_CPU_MS = 125 * 0.9 + 277 * 0.1;
/** Sums of fractions depend on their order in the digits behind these. */
const DIGITS = 10;
/** What an operator granted, and whose images each caller sees; undefined for all. */
const GRANTS = { "ana@acme.example": "acme", "partner.example": "globex", "dpo@example.com": "*" };
const CALLERS: Readonly<Record<string, readonly string[] | undefined>> = {
  "ana@acme.example": ["acme"],
  "bo@partner.example": ["globex"],
  "bo@other.partner.example": [],
  "ana@acme.example.org": [],
  "dpo@example.com": undefined,
  "": [],
};

describe("views over rows as a subscription writes them", () => {
  let sample: SampleBigQuery;
  let bigquery: BigQuery;

  before(async () => {
    sample = await openSampleBigQuery({ ownColumns: OWN_COLUMNS, rows: ROWS });
    bigquery = clientOf(sample.url);
    for (const [principal, tenant] of Object.entries(GRANTS)) {
      await bigquery.query({ query: STATEMENTS.grant_tenant, params: { principal, tenant } });
    }
  });
  after(() => sample.close());

  test("every view has figures to be compared with", () => {
    assert.deepEqual(Object.keys(FIGURES).sort(), NAMES);
  });

  for (const [name, figuresOf] of Object.entries(FIGURES)) {
    test(`${name} shows, cell by cell, what its rows say`, async () => {
      const [rows] = await bigquery.query(`SELECT * FROM tintype.${name}`);
      const figures = figuresOf(INPUT);
      const expected = name === "images_current"
        ? figures.map((row) => ({ ...EMPTY, ...row }))
        : figures;
      assert.ok(expected.length > 2, "the sample data say too little");
      assert.deepEqual(textsOf(rows), textsOf(expected));
    });
  }

  for (const name of NAMES.filter((name) => name !== "images_current")) {
    test(`${name} has the columns and types that its file describes`, async () => {
      const fields = parseFields(readViewColumns(name));
      const [metadata] = await bigquery.dataset("tintype").table(name).getMetadata();
      assert.deepEqual(
        metadata.schema.fields,
        fields.map(describeField),
      );
    });
  }

  for (const [caller, tenants] of Object.entries(CALLERS)) {
    test(`shared views show ${caller || "nobody"} ${tenants?.join() ?? "every"} tenant's figures`, async () => {
      const client = clientOf(sample.url, caller || undefined);
      const isSeen = ({ tenant }: { readonly tenant?: unknown }) =>
        tenants?.includes(String(tenant)) ?? true;
      const rows = INPUT.rows.filter(isSeen);
      const sweeps = tenants === undefined ? INPUT.sweeps : [];
      const [current] = await bigquery.query("SELECT * FROM tintype.images_current");
      for (const [name, figuresOf] of Object.entries(FIGURES)) {
        const [shown] = await client.query(`SELECT * FROM tintype_shared.${name}`);
        const figures = figuresOf({ ...INPUT, rows, sweeps });
        const expected = name === "images_current" ? current.filter(isSeen) : figures;
        assert.deepEqual(textsOf(shown), textsOf(expected), name);
      }
    });
  }

  test("deno task analysts grants, lists and revokes, from the next query on", async () => {
    const count = async () => {
      const sql = "SELECT COUNT(*) AS n FROM tintype_shared.images_current";
      return (await clientOf(sample.url, "eve@example.net").query(sql))[0][0].n;
    };
    assert.equal(await count(), 0);
    const granted = await analysts("grant", "Eve@example.net", "stream", "acme");
    assert.equal(granted, "eve@example.net: 2 rows added\n");
    assert.ok(await count() > 0);
    assert.match(await analysts("list", "eve@example.net"), /^eve@example.net acme since 2/);
    assert.match(await analysts("revoke", "eve@example.net"), /2 rows removed/);
    assert.equal(await count(), 0);
    assert.match(await analysts("grant", "group:all@example.net", "acme"), /WHO must be an e-mail/);
  });

  /** What the command writes. */
  const analysts = (...words: readonly string[]) =>
    promisify(execFile)(
      "node_modules/.bin/deno",
      ["run", "--allow-all", "processor/analysts/main.ts", ...words, "--bigquery", sample.url],
      { cwd: new URL("../../", import.meta.url) },
    ).then(({ stdout }) => stdout, ({ stderr }) => String(stderr));

  test("lists of a company's own are counted by item, and vectors compared", async () => {
    const ask = async (sql: string) => (await bigquery.query(sql))[0];
    const [cat] = await ask(
      "SELECT label, COUNT(*) AS images FROM tintype.images_current, UNNEST(own_labels) AS label GROUP BY label ORDER BY label",
    );
    const [{ images }] = await ask(
      "SELECT COUNT(*) AS images FROM tintype.images_current WHERE own_score IS NOT NULL",
    );
    assert.deepEqual(cat, { label: "cat", images });
    const distance = "COSINE_DISTANCE(own_embedding, [0.6, 0.8, 0.0])";
    const [nearest] = await ask(
      `SELECT ${distance} AS distance FROM tintype.images_current WHERE ARRAY_LENGTH(own_embedding) = 3 ORDER BY distance LIMIT 1`,
    );
    assert.ok(Math.abs(nearest.distance - (1 - (0.6 * 0.6 - 0.8 * 0.8))) < 1e-9);
  });
});

test("the mean image costs in storage_and_cost what the cost document says at a million a day", () => {
  const { assumed } = JSON.parse(readFileSync(new URL("facts.json", COST), "utf8"));
  const document = readFileSync(new URL("../../docs/cost.md", COST), "utf8");
  const [, usd] = /^aim cost\/usd_per_million_at_1e6 ([\d.]+)/m.exec(document) ?? assert.fail();
  const row = sampleRow(sampleRef(SAMPLE_NOW_MS), {
    bytes: assumed.rawBytes.value,
    rendition_bytes: assumed.renditionBytes.value,
    renditions: ["large", "medium", "thumb"].map((name) => ({ name })),
    decode_ms: MEAN_CPU_MS,
  });
  const [figure] = FIGURES["storage_and_cost"]?.({ ...INPUT, rows: [row] }) ?? [];
  assert.ok(
    Math.abs(Number(figure?.["usd_per_million"]) - Number(usd)) < 0.5,
    JSON.stringify(figure),
  );
});

test("every column of every view is described", () => {
  for (const view of NAMES) {
    for (const { name, description = "" } of parseFields(readViewColumns(view))) {
      assert.ok(description.length > 10, `${view}: ${name} has no description`);
    }
  }
  const files = readdirSync(new URL("../../infra/bigquery/views/", import.meta.url));
  const described = files.filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length));
  const all = [...described, "images_current"].sort();
  assert.deepEqual(all, NAMES, "a file for each view; images_current has the columns of images");
  assert.ok(readViewColumns("images_current").length > 40);
});

/** Rows as texts in a fixed order: times as Google's client writes them, fractions without their last digits. */
function textsOf(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  return rows.map((row) => {
    const cells = Object.entries(row).sort(([a], [b]) => a < b ? -1 : 1);
    return JSON.stringify(cells.map(([column, cell]) => [column, plainCell(column, cell)]));
  }).sort();
}

function plainCell(column: string, cell: unknown) {
  if (typeof cell === "object" && cell !== null && "value" in cell) return String(cell.value);
  // The client gives a text for what a number cannot hold exactly.
  if (column === "generation") return Number(cell);
  const isFraction = typeof cell === "number" && !Number.isInteger(cell);
  return isFraction ? Number(cell.toPrecision(DIGITS)) : cell;
}
