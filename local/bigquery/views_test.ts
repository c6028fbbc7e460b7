import { BigQuery } from "@google-cloud/bigquery";
import { PassThroughClient } from "google-auth-library";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { type Figure, FIGURES, PRICES } from "./_view_figures_testing.ts";
import { SAMPLE_NOW_MS, sampleRows, sampleSweeps } from "./samples/sample_rows.ts";
import { openSampleWarehouse, type SampleWarehouse } from "./samples/sample_warehouse.ts";
import { COLUMN_TYPES, parseFields } from "./table_schema.ts";

const VIEWS = new URL("../../infra/bigquery/views/", import.meta.url);
const SCHEMAS = new URL("../../infra/bigquery/schemas/", import.meta.url);
const COST = new URL("../../infra/cost/prices.json", import.meta.url);
const NAMES = filesIn(VIEWS, ".sql");
const INPUT = { rows: sampleRows(), sweeps: sampleSweeps(), nowMs: SAMPLE_NOW_MS };
/** Sums of fractions depend on their order in the last digits. */
const TOLERANCE = 1e-9;

describe("views over rows that the production adapter streamed in", () => {
  let warehouse: SampleWarehouse;
  let bigquery: BigQuery;

  before(async () => {
    warehouse = await openSampleWarehouse();
    bigquery = new BigQuery({
      projectId: warehouse.project,
      apiEndpoint: warehouse.url,
      authClient: new PassThroughClient(),
    });
  });
  after(() => warehouse.close());

  test("every view has figures to be compared with", () => {
    assert.deepEqual(Object.keys(FIGURES).sort(), NAMES);
  });

  for (const [name, figuresOf] of Object.entries(FIGURES)) {
    test(`${name} shows, cell by cell, what its rows say`, async () => {
      const [rows] = await bigquery.query(`SELECT * FROM tintype.${name}`);
      const expected = figuresOf(INPUT);
      assert.ok(expected.length > 2, "the sample data say too little");
      assertSameFigures(rows.map(plainRow), expected.map(plainRow));
    });
  }

  for (const name of NAMES.filter((name) => name !== "images_current")) {
    test(`${name} has the columns and types that its file describes`, async () => {
      const fields = parseFields(JSON.parse(readFileSync(new URL(`${name}.json`, VIEWS), "utf8")));
      const [metadata] = await bigquery.dataset("tintype").table(name).getMetadata();
      assert.deepEqual(
        metadata.schema.fields,
        fields.map((field) => ({ ...field, type: COLUMN_TYPES[field.type].api })),
      );
    });
  }
});

test("storage_and_cost reckons with the prices of the cost document", () => {
  const ids = {
    storage_month: "storage.month",
    replication: "storage.replication",
    class_a: "storage.class_a",
    class_b: "storage.class_b",
    row_insert: "bigquery.insert",
  };
  const table: { prices: { id: string; usd: number }[] } = JSON.parse(readFileSync(COST, "utf8"));
  const listed = Object.entries(ids).map(([name, id]) =>
    [name, table.prices.find((price) => price.id === id)?.usd] as const
  );
  assert.deepEqual(PRICES, Object.fromEntries(listed));
});

test("every column of every view is described", () => {
  for (const file of filesIn(VIEWS, ".json")) {
    assert.ok(NAMES.includes(file), `${file}.json describes no view`);
    for (const { name, description = "" } of readFields(VIEWS, file)) {
      assert.ok(description.length > 10, `${file}: ${name} has no description`);
    }
  }
  const described = [...filesIn(VIEWS, ".json"), "images_current"].sort();
  assert.deepEqual(described, NAMES, "images_current has the columns of images");
  assert.ok(readFields(SCHEMAS, "images").length > 40);
});

function readFields(folder: URL, name: string) {
  return parseFields(JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")));
}

function filesIn(folder: URL, ending: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  return files.map((file) => file.slice(0, -ending.length)).sort();
}

/** Google's classes of times as their texts, and numbers that JSON cannot hold exactly as numbers. */
function plainRow(row: Readonly<Record<string, unknown>>): Figure {
  return Object.fromEntries(
    Object.entries(row).sort(([a], [b]) => a < b ? -1 : 1).map(([column, cell]) => [
      column,
      plainCell(column, cell),
    ]),
  );
}

function plainCell(column: string, cell: unknown) {
  if (typeof cell === "object" && cell !== null && "value" in cell) return String(cell.value);
  if (column === "generation") return Number(cell);
  return cell as string | number | boolean | null; // what else the client gives
}

function assertSameFigures(actual: readonly Figure[], expected: readonly Figure[]): void {
  assert.equal(actual.length, expected.length);
  const found = actual.toSorted(byKey);
  expected.toSorted(byKey).forEach((figure, index) => {
    const other = found[index] ?? {};
    assert.deepEqual(Object.keys(other), Object.keys(figure));
    for (const [column, value] of Object.entries(figure)) {
      assertSameCell(other[column], value, `${column} of ${JSON.stringify(figure)}`);
    }
  });
}

function assertSameCell(actual: unknown, expected: unknown, where: string): void {
  if (typeof actual !== "number" || typeof expected !== "number" || Number.isInteger(expected)) {
    assert.equal(actual, expected, where);
    return;
  }
  const difference = Math.abs(actual - expected);
  assert.ok(difference <= Math.abs(expected) * TOLERANCE, `${where}: ${actual} is not ${expected}`);
}

/** By everything but fractions. */
function byKey(a: Figure, b: Figure): number {
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

function keyOf(figure: Figure): string {
  const isKey = (cell: unknown) => typeof cell !== "number" || Number.isInteger(cell);
  return JSON.stringify(Object.entries(figure).filter(([, cell]) => isKey(cell)));
}
