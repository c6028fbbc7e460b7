import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_RENDITIONS, renditionSpecSchema } from "../model/rendition.ts";
import { sampleHeader } from "../testing/sample_header.ts";
import {
  insideSize,
  placementOf,
  planRenditions,
  scaledSize,
  uprightSize,
} from "./plan_renditions.ts";

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

test("uprightSize() swaps the sides of orientations 5 to 8, and planRenditions() goes by it", () => {
  const widths = [1, 2, 3, 4, 5, 6, 7, 8].map((orientation) =>
    uprightSize({ ...HEADER, orientation }).width
  );
  const { width, height } = HEADER;
  assert.deepEqual(widths, [width, width, width, width, height, height, height, height]);
  const plan = planRenditions({ ...HEADER, orientation: 6 }, DEFAULT_RENDITIONS);
  assert.deepEqual(plan.order[0]?.scaled, { width: 1200, height: 1600 });
});

test("planRenditions() decodes a cover to the side that decides, and to the least side that is asked for", () => {
  const decoded = (width: number, height: number, minSidePx = 0) => {
    const plan = planRenditions(HEADER, [spec({ width, height, fit: "cover" })], minSidePx);
    return [plan.decode.width, plan.decode.height, plan.order[0]?.scaled];
  };
  assert.deepEqual(decoded(600, 600), [65_535, 600, { width: 800, height: 600 }]);
  assert.deepEqual(decoded(800, 400), [800, 65_535, { width: 800, height: 600 }]);
  assert.deepEqual(decoded(800, 600, 800), [800, 65_535, { width: 800, height: 600 }]);
  assert.deepEqual(decoded(600, 600, 801), [801, 801, { width: 800, height: 600 }]);
});

/** A picture of 40 × 30 in a box: its scaled size, the canvas, and where on it the picture begins. */
const PLACED: readonly (readonly [Record<string, unknown>, readonly number[]])[] = [
  [{ width: 20, height: 20 }, [20, 15, 20, 15, 0, 0]],
  [{ width: 20, height: 20, fit: "contain" }, [20, 15, 20, 20, 0, 2]],
  [{ width: 30, height: 15, fit: "contain" }, [20, 15, 30, 15, 5, 0]],
  [{ width: 60, height: 50, fit: "contain" }, [40, 30, 60, 50, 10, 10]],
  [{ width: 20, height: 25, fit: "cover" }, [33, 25, 20, 25, -6, 0]],
  [{ width: 20, height: 5, fit: "cover" }, [20, 15, 20, 5, 0, -5]],
  [{ width: 50, height: 20, fit: "cover" }, [40, 30, 40, 20, 0, -5]],
  [{ width: 50, height: 30, fit: "cover", enlarge: true }, [50, 38, 50, 30, 0, -4]],
];

test("placementOf() lays a picture in the middle of its box, or cuts it there", () => {
  for (const [fields, expected] of PLACED) {
    const { scaled, canvas, left, top } = placementOf({ width: 40, height: 30 }, spec(fields));
    const found = [scaled.width, scaled.height, canvas.width, canvas.height, left, top];
    assert.deepEqual(found, expected, JSON.stringify(fields));
  }
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
