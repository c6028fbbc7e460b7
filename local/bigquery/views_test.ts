import type { BigQuery } from "@google-cloud/bigquery";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { readViewColumns, viewNames } from "../../infra/bigquery/read_schemas.ts";
import { clientOf } from "./_testing.ts";
import { type Figure, FIGURES, PRICES } from "./_view_figures_testing.ts";
import { SAMPLE_NOW_MS, sampleRows, sampleSweeps } from "./samples/sample_rows.ts";
import { openSampleBigQuery, type SampleBigQuery } from "./samples/sample_bigquery.ts";
import { SCALAR_TYPES } from "./scalar_types.ts";
import { parseFields } from "./table_schema.ts";

const NAMES = viewNames();
const INPUT = { rows: sampleRows(), sweeps: sampleSweeps(), nowMs: SAMPLE_NOW_MS };
/** Sums of fractions depend on their order in the last digits. */
const TOLERANCE = 1e-9;

describe("views over rows that the production adapter streamed in", () => {
  let sample: SampleBigQuery;
  let bigquery: BigQuery;

  before(async () => {
    sample = await openSampleBigQuery();
    bigquery = clientOf(sample.url);
  });
  after(() => sample.close());

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
      const fields = parseFields(readViewColumns(name));
      const [metadata] = await bigquery.dataset("tintype").table(name).getMetadata();
      assert.deepEqual(
        metadata.schema.fields,
        fields.map((field) => ({ ...field, type: SCALAR_TYPES[field.type].api })),
      );
    });
  }
});

test("storage_and_cost uses the prices of the cost document", () => {
  const ids = {
    storage_month: "storage.month",
    replication: "storage.replication",
    class_a: "storage.class_a",
    class_b: "storage.class_b",
    row_insert: "bigquery.insert",
  };
  const file = new URL("../../infra/cost/prices.json", import.meta.url);
  const cost: { prices: { id: string; usd: number }[] } = JSON.parse(readFileSync(file, "utf8"));
  const listed = Object.entries(ids).map(([name, id]) =>
    [name, cost.prices.find((price) => price.id === id)?.usd] as const
  );
  assert.deepEqual(PRICES, Object.fromEntries(listed));
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
