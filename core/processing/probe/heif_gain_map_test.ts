import assert from "node:assert/strict";
import { test } from "node:test";
import { box, heif, iref, ispe, VERSION } from "../../testing/headers.ts";
import { hasHeifGainMap } from "./heif_gain_map.ts";

const withAuxiliary = (urn: string) =>
  heif({
    brand: "heic",
    item: "hvc1",
    items: ["hvc1"],
    properties: [ispe(8, 6), box("auxC", VERSION, `${urn}\0`)],
    owners: { 1: [1], 2: [1, 2] },
    more: [iref(["auxl", 2, 1])],
  });

for (
  const [what, file, expected] of [
    ["Apple's", withAuxiliary("urn:com:apple:photo:2020:aux:hdrgainmap"), true],
    ["alpha and none", withAuxiliary("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"), false],
    [
      "ISO's",
      heif({ brand: "heic", item: "hvc1", items: ["tmap"], properties: [ispe(8, 6)] }),
      true,
    ],
    [
      "no other item and none",
      heif({ brand: "heic", item: "hvc1", properties: [ispe(8, 6)] }),
      false,
    ],
  ] as const
) {
  test(`hasHeifGainMap() says ${expected} of a file with ${what}`, () => {
    assert.equal(hasHeifGainMap(file), expected);
  });
}
