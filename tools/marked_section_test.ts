import assert from "node:assert/strict";
import { test } from "node:test";
import { withSection } from "./marked_section.ts";

const MARKS = ["<!-- begin -->", "<!-- end -->"] as const;

test("withSection() replaces what stands between the marks and nothing else", () => {
  const [before, after] = ["# Title\n\n", "\n\nMore.\n"];
  const text = withSection(`${before}${MARKS[0]}\n\nold\n\n${MARKS[1]}${after}`, MARKS, "| new |");
  assert.ok(text.startsWith(before) && text.endsWith(after));
  assert.ok(text.includes("| new |") && !text.includes("old"));
});

test("withSection() names the marks of which one is missing", () => {
  const message = /Cannot write a section: "<!-- begin -->" or "<!-- end -->" is missing/;
  for (const document of ["# Nothing", MARKS[0], `${MARKS[1]} ${MARKS[0]}`]) {
    assert.throws(() => withSection(document, MARKS, "new"), message);
  }
});
