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

test("isSelected() takes what is of one of the reasons and at one of the places, where any are named", () => {
  const select = (reasons: readonly string[], places: readonly string[]) =>
    isSelected(letterOf(), { reasons: new Set(reasons), places: new Set(places) });
  assert.equal(select([], []), true);
  assert.equal(select(["too_large"], ["2/17"]), true);
  assert.equal(select(["not_an_image"], ["2/17"]), false);
  assert.equal(select(["too_large"], ["2/18"]), false);
});

test("isLeftOut() leaves out what can never pass, but what is named", () => {
  const isOut = (reason: string, reasons: readonly string[] = [], places: readonly string[] = []) =>
    isLeftOut(letterOf({ reason }), { reasons: new Set(reasons), places: new Set(places) });
  assert.equal(isOut("not_an_image"), true);
  assert.equal(isOut("quota_exceeded"), false);
  assert.equal(isOut("not_an_image", ["not_an_image"]), false);
  assert.equal(isOut("not_an_image", [], ["2/17"]), false);
});
