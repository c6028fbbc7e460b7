/**
 * Answers the ten questions on the sample data and writes them into `docs/analysts.md`: `samples` streams the rows into
 * a BigQuery in memory, `write_answers` asks and writes. Part of `deno task generate`; a test fails where they differ.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { withAnswers } from "./write_answers.ts";

const DOCUMENT = new URL("../../../docs/analysts.md", import.meta.url);

const document = readFileSync(DOCUMENT, "utf8");
const written = await withAnswers(document);
if (written !== document) {
  writeFileSync(DOCUMENT, written);
  console.log("Wrote the answers to docs/analysts.md");
}
