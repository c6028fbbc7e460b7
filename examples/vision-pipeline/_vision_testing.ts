/**
 * Measures what the README publishes, through `deno task pipeline`: in a pixel process, held by the kernel, without
 * network. Not part of the project's suites, as its models are half a gigabyte: `npm ci` here, then
 * `npx deno test --allow-all examples/vision-pipeline/_vision_testing.ts` from the root.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { draw } from "@tintype/core/testing/drawing";
import { sampleHeader } from "@tintype/core/testing/sample_header";
import centers from "./testdata/faces.json" with { type: "json" };
import { embedding } from "./embedding.ts";

const execute = promisify(execFile);
const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SAMPLES = join(FOLDER, "node_modules/@vladmandic/face-api/demo");
const SHARED = join(ROOT, "../shared/images");
/** The share of marked faces that is found at least, by score. */
const RECALL = { 0.3: 0.95, 0.5: 0.85, 0.7: 0.8 };

const out = await mkdtemp(join(tmpdir(), "tintype-vision-"));
after(() => rm(out, { recursive: true }));

interface Result {
  readonly folder: string;
  readonly extra: { readonly faces: readonly number[] };
  readonly custom: { readonly face_count: number };
}

async function results(pictures: readonly string[], folder: string): Promise<Result[]> {
  const args = ["task", "pipeline", ...pictures, "--pipeline", FOLDER, "--out", folder];
  await execute(process.execPath, args, { cwd: ROOT });
  return JSON.parse(await readFile(join(folder, "results.json"), "utf8"));
}

test("faces are found as often as the README says, and not found again once they are blurred", async () => {
  const marked = Object.entries(centers);
  const paths = marked.map(([name]) => join(name.includes("/") ? SHARED : SAMPLES, name));
  const found = await results(paths, out);
  for (const [least, recall] of Object.entries(RECALL)) {
    let [hits, faces, others] = [0, 0, 0];
    marked.forEach(([, points], index) => {
      const list = found[index]?.extra.faces ?? [];
      const boxes = Array.from(
        { length: list.length / 5 },
        (_, at) => list.slice(5 * at, 5 * at + 5),
      )
        .filter(([, , , , score = 0]) => score >= Number(least));
      const holds =
        ([left = 0, top = 0, width = 0, height = 0]: readonly number[]) =>
        ([x = 0, y = 0]: readonly number[]) =>
          x > left && x < left + width && y > top && y < top + height;
      faces += points.length;
      hits += points.filter((point) => boxes.some((box) => holds(box)(point))).length;
      others += boxes.filter((box) => !points.some(holds(box))).length;
    });
    console.log(`score ${least}: ${hits} of ${faces} faces, ${others} boxes of something else`);
    assert.ok(hits / faces >= recall);
  }
  const blurred = found.map(({ folder }) => join(out, folder, "large.jpg"));
  const again = await results(blurred.slice(0, 6), join(out, "again"));
  assert.deepEqual(again.map(({ custom }) => custom.face_count), [0, 0, 0, 0, 0, 0]);
});

test("embedding() makes a vector of length 1 by a model of one's own, and refuses one of another length", async () => {
  const file = new URL("testdata/mean_color.onnx", import.meta.url);
  const context = { mediaType: "image/png", header: sampleHeader({}) } as const;
  const measure = async (dimensions: number) =>
    await (await embedding({ file, sidePx: 8, dimensions })).measure(
      draw(8, 8, () => [255, 0, 0]),
      context,
    );
  const vector = await measure(3);
  assert.ok(Array.isArray(vector) && Math.abs(Math.hypot(...vector.map(Number)) - 1) < 1e-5);
  assert.ok(Number(vector[0]) > 0.6 && Number(vector[1]) < 0, `${vector}`);
  await assert.rejects(measure(4), /must have 4 numbers \(got 3\)/);
});
