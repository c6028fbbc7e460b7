import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_RENDITIONS, renditionSpecSchema } from "../model/rendition.ts";
import { sampleHeader } from "../testing/sample_header.ts";
import { insideSize, planRenditions, scaledSize } from "./plan_renditions.ts";

const HEADER = sampleHeader();

const spec = (fields: Record<string, unknown>) =>
  renditionSpecSchema.parse({ name: "x", ...fields });

test("planRenditions() orders from the largest to the smallest and decodes to the largest box", () => {
  const plan = planRenditions(HEADER, DEFAULT_RENDITIONS.toReversed());
  assert.deepEqual(plan.order.map(({ spec, scaled }) => [spec.name, scaled.width, scaled.height]), [
    ["large", 1600, 1200],
    ["medium", 800, 600],
    ["thumb", 200, 150],
  ]);
  assert.deepEqual(plan.decode, { width: 1600, height: 1600 });
});

test("planRenditions() swaps the sides of a picture that lies on its side", () => {
  const plan = planRenditions({ ...HEADER, orientation: 6 }, DEFAULT_RENDITIONS);
  assert.deepEqual(plan.order[0]?.scaled, { width: 1200, height: 1600 });
});

test("planRenditions() decodes a cover to the side that decides", () => {
  const plan = planRenditions(HEADER, [spec({ width: 600, height: 600, fit: "cover" })]);
  assert.equal(plan.decode.height, 600);
  assert.ok(plan.decode.width >= 800);
  assert.deepEqual(plan.order[0]?.scaled, { width: 800, height: 600 });
});

test("scaledSize() enlarges only where it is asked to, and no side vanishes", () => {
  const small = { width: 100, height: 50 };
  assert.deepEqual(scaledSize(small, spec({ width: 400, height: 400 })), small);
  const enlarged = scaledSize(small, spec({ width: 400, height: 400, enlarge: true }));
  assert.deepEqual(enlarged, { width: 400, height: 200 });
  const line = scaledSize({ width: 60_000, height: 100 }, spec({ width: 200, height: 200 }));
  assert.deepEqual(line, { width: 200, height: 1 });
});

test("insideSize() fills a box that was computed from the picture itself", () => {
  const once = { width: 1600, height: 1067 };
  for (const [boxed, height] of [[533, 533], [800, 534]] as const) {
    const size = insideSize(once, { width: 800, height: boxed, enlarge: false });
    assert.deepEqual(size, { width: 800, height });
  }
});
