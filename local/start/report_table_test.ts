import assert from "node:assert/strict";
import { test } from "node:test";
import { reportTable } from "./report_table.ts";

const RESULT = {
  door: "edge",
  imageId: "01a1fe73-c084-78fb-b7cd-ae50cb2aa6db",
  status: "ready",
  bytes: 7,
  renditions: 3,
  row: true,
  event: true,
  readyMs: 5,
} as const;

test("reportTable() keeps a picture in its line, whatever its name holds", () => {
  const images = [{ ...RESULT, file: "two\nlines\u001b[31m.jpg" }, {
    ...RESULT,
    file: "写真 '1'.jpg",
  }];
  const lines = reportTable({ images, lost: 0, doubled: 0, eventMs: 12 }).split("\n");
  assert.equal(lines.length, 2 + images.length + 2, "headings, pictures, total");
  assert.ok(lines[2]?.startsWith("two\\u000alines\\u001b[31m.jpg  edge"));
  assert.ok(lines[3]?.startsWith("写真 '1'.jpg "));
});
