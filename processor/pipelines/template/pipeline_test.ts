import assert from "node:assert/strict";
import { test } from "node:test";
import { draw } from "@tintype/core/testing/drawing";
import { sampleHeader } from "@tintype/core/testing/sample_header";
import pipeline from "./pipeline.ts";

const contextOf = () => ({ mediaType: "image/jpeg", header: sampleHeader({}) }) as const;

test("color_casts names the channels that are stronger than the mean", async () => {
  for (
    const [color, casts] of [
      [[200, 100, 100], ["reddish"]],
      [[200, 200, 20], ["reddish", "greenish"]],
      [[90, 90, 90], []],
    ] as const
  ) {
    const pixels = draw(16, 16, () => color);
    assert.deepEqual(
      await pipeline.insights["color_casts"]?.measure(pixels, contextOf()),
      casts,
    );
  }
});

test("slivers are refused", () => {
  const [step] = pipeline.steps;
  const apply = (width: number) => step?.apply(draw(width, 90, () => [9, 9, 9]), contextOf());
  assert.throws(() => apply(7), { reason: "pipeline_rejected" });
  assert.ok(apply(8));
});
