import type { RawPixels } from "@tintype/core/ports/image_codec";
import assert from "node:assert/strict";
import { test } from "node:test";
import { filteredResize } from "./_filtered_resize.ts";
import { flattened, placed, withAlpha } from "./_place_pixels.ts";

/** Rows of letters as pixels: each letter's code, the code after it, and so on. */
function lettersOf(rows: string, channels: 3 | 4 = 3): RawPixels {
  const lines = rows.split("/");
  const data = Uint8Array.from(lines.join(""), (letter) => letter.charCodeAt(0));
  const samples = [...data].flatMap((code) =>
    [code, code + 1, code + 2, code + 3].slice(0, channels)
  );
  return {
    data: Uint8Array.from(samples),
    width: lines[0]?.length ?? 0,
    height: lines.length,
    channels,
  };
}

test("placed() cuts to the canvas, or fills around the picture", () => {
  const letters = lettersOf("abc/def/ghi");
  const within = (width: number, height: number, left: number, top: number) =>
    placed(letters, { canvas: { width, height }, scaled: letters, left, top }, "#3a3b3c");
  assert.deepEqual(within(1, 2, -1, -1), lettersOf("e/h"));
  assert.deepEqual(within(5, 4, 1, 1), lettersOf(":::::/:abc:/:def:/:ghi:"));
  assert.deepEqual(within(1, 5, -2, 1), lettersOf(":/c/f/i/:"));
  assert.equal(within(3, 3, 0, 0), letters);
  const glass = { canvas: { width: 2, height: 1 }, scaled: letters, left: 0, top: 0 };
  const { data } = placed(lettersOf("a", 4), glass, "#010203");
  assert.deepEqual([...data], [97, 98, 99, 100, 1, 2, 3, 255]);
});

test("flattened() puts glass over a colour, withAlpha() makes it opaque", () => {
  const data = Uint8Array.of(200, 100, 0, 51, 9, 8, 7, 0, 9, 8, 7, 255);
  const glass = { data, width: 3, height: 1, channels: 4 } as const;
  const flat = flattened(glass, "#64c8ff");
  const seen = Uint8Array.of(120, 180, 204, 100, 200, 255, 9, 8, 7);
  assert.deepEqual(flat, { ...glass, data: seen, channels: 3 });
  assert.equal(flattened(flat, "#000000"), flat);
  const opaque = Uint8Array.of(120, 180, 204, 255, 100, 200, 255, 255, 9, 8, 7, 255);
  assert.deepEqual(withAlpha(flat), { ...glass, data: opaque });
  assert.deepEqual(withAlpha(glass), glass);
});

/** Weights of Lanczos with three lobes, as its definition has them. */
function lanczos(x: number): number {
  const sinc = (value: number) => value === 0 ? 1 : Math.sin(Math.PI * value) / (Math.PI * value);
  return Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
}

/** One plane resized by the definition: every sample weighted, across and down at once. */
function resized(plane: readonly number[][], width: number, height: number): number[] {
  const [rows, columns] = [plane.length, plane[0]?.length ?? 0];
  const weightsOf = (size: number, to: number, at: number) => {
    const stretch = Math.max(1, size / to);
    const center = (at + 0.5) * size / to - 0.5;
    const raw = Array.from({ length: size }, (_, from) => lanczos((from - center) / stretch));
    const sum = raw.reduce((total, weight) => total + weight);
    return raw.map((weight) => weight / sum);
  };
  return Array.from({ length: width * height }, (_, at) => {
    const across = weightsOf(columns, width, at % width);
    const down = weightsOf(rows, height, Math.floor(at / width));
    const sum = plane.flatMap((row, y) => row.map((value, x) => value * across[x]! * down[y]!))
      .reduce((total, value) => total + value);
    return Math.min(255, Math.max(0, sum));
  });
}

test("filteredResize() is Lanczos by its definition, of colours that count by their alpha", () => {
  const [width, height] = [13, 9];
  const sample = (seed: number) => (x: number, y: number) => (seed * (x + 1) * (y + 3)) % 256;
  const planes = [37, 91, 53, 29].map((seed) =>
    Array.from(
      { length: height },
      (_, y) => Array.from({ length: width }, (_, x) => sample(seed)(x, y)),
    )
  );
  const data = Uint8Array.from(
    { length: width * height * 4 },
    (_, at) => planes[at % 4]?.[Math.floor(at / 4 / width)]?.[Math.floor(at / 4) % width] ?? 0,
  );
  const alpha = planes[3] ?? [];
  for (const [w, h] of [[5, 4], [30, 20], [13, 2]] as const) {
    const glass = filteredResize({ data, width, height, channels: 4 }, { width: w, height: h });
    const solid = data.filter((_, at) => at % 4 < 3);
    const plain = filteredResize({ data: solid, width, height, channels: 3 }, {
      ...{ width: w, height: h },
    });
    const seen = resized(alpha, w, h);
    for (const [channel, plane] of planes.entries()) {
      const own = resized(plane, w, h);
      const weighted = plane.map((row, y) =>
        row.map((value, x) => Math.round(value * (alpha[y]?.[x] ?? 0) / 255))
      );
      const colours = resized(weighted, w, h);
      for (let at = 0; at < w * h; at++) {
        const meant = channel === 3 ? seen[at]! : Math.min(255, colours[at]! * 255 / seen[at]!);
        const slack = channel === 3 ? 1 : 1 + 255 / Math.max(1, seen[at]!);
        const got = glass.data[at * 4 + channel]!;
        assert.ok(
          seen[at]! < 3 || Math.abs(got - meant) <= slack,
          `${w} ${channel} ${at} ${got} ${meant}`,
        );
        if (channel < 3) assert.ok(Math.abs(plain.data[at * 3 + channel]! - own[at]!) <= 1);
      }
    }
  }
});
