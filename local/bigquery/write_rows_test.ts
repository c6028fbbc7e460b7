import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { askControl } from "../http/_testing.ts";
import { imageRow, openParts, SAMPLE_T0 } from "./_testing.ts";
import { runQuery } from "./run_query.ts";
import { writeRowsControl } from "./write_rows.ts";

async function openRows(t: TestContext) {
  const parts = await openParts(t);
  const write = async (rows: readonly unknown[], more: Record<string, unknown> = {}) => {
    const place = { project: "tintype-local", dataset: "tintype", table: "images" };
    const body = { ...place, rows, ...more };
    return await askControl([writeRowsControl(parts)], "POST", "/_local/rows", body);
  };
  const read = async (sql: string) => {
    const { rows } = await runQuery(parts, sql);
    return rows.map((row) => row.map(String));
  };
  return { parts, write, read };
}

test("POST /_local/rows writes rows, and returns an error for each that is refused", async (t) => {
  const { write, read } = await openRows(t);
  const t0 = Date.parse(SAMPLE_T0) * 1_000;
  const refused = [
    { ...imageRow("unknown"), colour: "red" },
    imageRow("part", { renditions: [{ name: "large", depth: 8 }] }),
    imageRow("timestamp", { processed_at: "yesterday" }),
  ];
  const answer = await write([imageRow("good", { bytes: "12", t0 }), ...refused]);
  const { errors } = answer.body as { errors: { index: number; message: string }[] }; // documented
  assert.deepEqual(errors.map(({ index }) => index), refused.map((_, index) => index + 1));
  assert.match(errors[0]?.message ?? "", /no such field: colour/);
  assert.match(errors[1]?.message ?? "", /no such field: renditions.depth/);
  assert.match(errors[2]?.message ?? "", /Field processed_at is TIMESTAMP/);
  const [row] = await read("SELECT image_id, bytes, UNIX_MICROS(t0) FROM tintype.images");
  assert.deepEqual(row, ["good", "12", String(t0)]);
});

test("dropUnknownFields leaves unknown keys out, and another table or project is not found", async (t) => {
  const { write } = await openRows(t);
  const rows = [{ ...imageRow("unknown"), colour: "red" }];
  assert.deepEqual((await write(rows, { dropUnknownFields: true })).body, { errors: [] });
  assert.equal((await write(rows, { table: "none" })).status, 404);
  assert.equal((await write(rows, { project: "other" })).status, 404);
});
