import assert from "node:assert/strict";
import { test } from "node:test";
import type { Letter } from "./read_letters.ts";
import { isLeftOut, isSelected, problemOf } from "./redrive_letters.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 0, 15, 12);
const RULE = { copyMs: 108 * HOUR_MS, nowMs: NOW_MS };

/** The headers that name a record. */
function nameOf(given: Readonly<Record<string, string>> = {}): ReadonlyMap<string, string> {
  const names = { topic: "images", partition: "0", offset: "5", ...given };
  return new Map(
    Object.entries(names).map(([name, value]) => [`__connect.errors.${name}`, value]),
  );
}

function letterOf(given: Partial<Letter> = {}): Letter {
  return {
    place: "2/17",
    origin: "images/0/5",
    reason: "too_large",
    message: "",
    timestampMs: NOW_MS - HOUR_MS,
    redrives: 0,
    isValueOmitted: false,
    headers: nameOf(),
    record: { key: null, value: null, timestamp: "0", attributes: 0, offset: "17", headers: {} },
    ...given,
  };
}

test("problemOf() lets a letter be sent until its bytes would outlive its image", () => {
  const cameBefore = (hours: number) => letterOf({ timestampMs: NOW_MS - hours * HOUR_MS });
  assert.equal(problemOf(cameBefore(108), RULE), undefined);
  assert.equal(
    problemOf(cameBefore(109), RULE),
    "it is too late: its bytes would outlive the image's purge (T0 is 109.0 hours ago, at most 108.0 hours may be)",
  );
});

test("problemOf() sends nothing of which nobody knows what it was or when", () => {
  const strange = [new Map(), nameOf({ offset: "five" }), nameOf({ partition: "" })];
  for (const headers of strange) {
    assert.equal(problemOf(letterOf({ headers }), RULE), "it names no record");
  }
  for (const timestampMs of [0, NaN]) {
    const problem = problemOf(letterOf({ timestampMs }), RULE);
    assert.equal(problem, "it does not say when its record came");
  }
});

for (
  const [reason, reasons, places, isTaken, isOut] of [
    ["too_large", [], [], true, false],
    ["too_large", ["too_large"], ["2/17"], true, false],
    ["too_large", ["not_an_image"], ["2/17"], false, false],
    ["too_large", ["too_large"], ["2/18"], false, false],
    ["not_an_image", [], [], true, true],
    ["not_an_image", ["not_an_image"], [], true, false],
    ["not_an_image", [], ["2/17"], true, false],
  ] as const
) {
  test(`reasons [${reasons}] and places [${places}] take ${reason} at 2/17: ${isTaken && !isOut}`, () => {
    const selection = { reasons: new Set(reasons), places: new Set(places) };
    assert.equal(isSelected(letterOf({ reason }), selection), isTaken);
    assert.equal(isLeftOut(letterOf({ reason }), selection), isOut);
  });
}
