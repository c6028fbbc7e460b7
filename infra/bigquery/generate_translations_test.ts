import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  findPython,
  formatTranslations,
  makeTranslations,
  readSources,
  type Translation,
  TRANSLATIONS_PATH,
} from "./generate_translations.ts";

const { python, missing: skip } = findPython();
const AGAIN = "run node infra/bigquery/generate_translations.ts";

test("each view and statement has its translation under its present text", () => {
  const translations: Translation[] = JSON.parse(readFileSync(TRANSLATIONS_PATH, "utf8"));
  const kept = translations.map(({ source, bigquery }) => ({ source, bigquery }));
  assert.deepEqual(kept, readSources(), AGAIN);
});

test(
  "the committed translations are what sqlglot makes of the BigQuery texts",
  { skip },
  () => {
    assert.equal(
      readFileSync(TRANSLATIONS_PATH, "utf8"),
      formatTranslations(makeTranslations(python)),
      AGAIN,
    );
  },
);
