import assert from "node:assert/strict";
import { test } from "node:test";
import {
  be,
  box,
  bytesOf,
  heif,
  HEIF_DATA_AT,
  iloc,
  iref,
  ispe,
  VERSION,
} from "../../testing/headers.ts";
import { type HeifLayers, heifLayers } from "./heif_layers.ts";

const ALPHA = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
const nclx = (matrix: number, range: number) =>
  box("colr", "nclx", be(1, 2), be(13, 2), be(matrix, 2), range);
const clap = (...parts: number[]) => box("clap", ...parts.map((part) => be(part >>> 0, 4)));
/** Items 1 to 7: a grid of two tiles, its alpha and that of each tile; properties are counted from 1. */
const PROPERTIES = [
  ...[ispe(64, 48), ispe(40, 48), box("hvcC", [1, 2]), box("auxC", VERSION, ALPHA), nclx(6, 0x80)],
  ...[clap(50, 1, 40, 1, 3, 1, -2, 1), box("irot", 1), box("a1op", 0), box("hvcC", [3])],
  box("colr", "prof", [0, 0, 0, 0, 1, 2, 3]),
];
const TILE = [2, 3];

interface Shape {
  readonly owners?: Readonly<Record<number, readonly number[]>>;
  readonly references?: readonly (readonly [string, number, ...number[]])[];
  readonly places?: readonly (readonly [item: number, offset: number, length: number])[];
}

const layersOf = ({ owners, references = [], places }: Shape = {}) =>
  heifLayers(heif({
    ...{ brand: "heic", item: "grid", items: ["hvc1", "hvc1", "hvc1", "hvc1"] },
    ...{ properties: PROPERTIES, data: bytesOf("tile1tile2mask1mask2") },
    owners: { 1: [1], 2: TILE, 3: TILE, 4: [...TILE, 4], 5: [...TILE, 4], ...owners },
    more: [
      iref(["dimg", 1, 2, 3], ...references),
      iloc(places ?? [2, 3, 4, 5].map((id, at) => [id, HEIF_DATA_AT + 5 * at, 5])),
    ],
  }));
const tilesOf = (layer: HeifLayers["color"] | undefined) =>
  layer?.tiles.map((tile) => new TextDecoder().decode(tile));

test("heifLayers() finds a grid's tiles in order, their sizes and configuration, and all of it shown", () => {
  const { color, alpha, crop } = layersOf() ?? assert.fail();
  const { tiles: _, configuration, ...rest } = color;
  assert.deepEqual(rest, {
    ...{ coding: "hevc", width: 64, height: 48, tileWidth: 40, tileHeight: 48 },
    codePoints: undefined,
  });
  assert.deepEqual([tilesOf(color), [...configuration]], [["tile1", "tile2"], [1, 2]]);
  assert.deepEqual([alpha, crop], [undefined, { left: 0, top: 0, width: 64, height: 48 }]);
});

test("heifLayers() finds alpha by tiles and code points and an aperture of the whole", () => {
  const references = [["auxl", 4, 2], ["auxl", 5, 3]] as const;
  const found = layersOf({ owners: { 1: [1, 10, 5, 6] }, references });
  assert.deepEqual(tilesOf(found?.alpha), ["mask1", "mask2"]);
  assert.deepEqual(found?.color.codePoints, { matrix: 6, isFullRange: true });
  assert.deepEqual(found?.crop, { left: 10, top: 2, width: 50, height: 40 });
  const ofTile = layersOf({ owners: { 2: [2, 3, 5], 3: TILE } });
  assert.deepEqual(ofTile?.color.codePoints, { matrix: 6, isFullRange: true });
  const whole = layersOf({ owners: { 4: [1, 3, 4] }, references: [["auxl", 4, 1]] });
  assert.deepEqual(tilesOf(whole?.alpha), ["mask1"]);
});

const NONE: Readonly<Record<string, Shape>> = {
  "a tile of another configuration": { owners: { 3: [2, 9] } },
  "tiles that are layered": { owners: { 3: [...TILE, 8] } },
  "a tile that lies nowhere": { places: [[2, HEIF_DATA_AT, 5]] },
  "an empty tile": { places: [[2, HEIF_DATA_AT, 5], [3, HEIF_DATA_AT, 0]] },
  "tiles without a size": { owners: { 2: [3], 3: [3] } },
  "a grid without a size": { owners: { 1: [] } },
  "an aperture behind a turn": { owners: { 1: [1, 7, 6] } },
  "an aperture that reaches outside": { owners: { 1: [2, 6] } },
  "a mask that cannot be decoded": { owners: { 4: [2, 4] }, references: [["auxl", 4, 2]] },
};

for (const [what, shape] of Object.entries(NONE)) {
  test(`heifLayers() leaves ${what} to a general library`, () => {
    assert.equal(layersOf(shape), undefined);
  });
}
