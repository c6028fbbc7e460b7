import assert from "node:assert/strict";
import { test } from "node:test";
import { NOW_MS, recordOf, redrivenHeaders } from "../testing/fake_ports.ts";
import { hasUsableTime, originOf, originText, parseOrigin, placeOf } from "./origin.ts";

const HEADERS = redrivenHeaders(NOW_MS);
const redriven = (changes: Readonly<Record<string, string>> = {}) =>
  recordOf({ topic: "images.redrive", partition: 7, headers: { ...HEADERS, ...changes } });

test("originOf() is the record that a redriven one names by four headers, and any other record itself", () => {
  const origin = { topic: "images", partition: 0, offset: 5n, timestampMs: NOW_MS };
  assert.deepEqual(originOf(redriven()), origin);
  const other = recordOf({ headers: HEADERS });
  assert.equal(originOf(other), other);
  const names = Object.keys(HEADERS).filter((name) => name.includes(".") || name.startsWith("_"));
  assert.equal(names.length, 4);
  for (const name of names) {
    for (const wrong of ["", "-1", "01", "soon", "1.5"]) {
      assert.equal(originOf(redriven({ [name]: wrong })), undefined, `${name}: ${wrong}`);
    }
    const record = redriven();
    const headers = new Map([...record.headers].filter(([given]) => given !== name));
    assert.equal(originOf({ ...record, headers }), undefined, name);
  }
});

test("placeOf() names the record, and its origin where that is another", () => {
  const place = { topic: "images.redrive", partition: 7, offset: "0" };
  assert.deepEqual(placeOf(redriven()), { ...place, origin: "images/0/5" });
  assert.deepEqual(placeOf(redriven({ "tintype.timestamp": "soon" })), place);
  assert.deepEqual(placeOf(recordOf()), { topic: "images", partition: 0, offset: "0" });
});

test("parseOrigin() reads what originText() writes, and nothing else", () => {
  const origin = { topic: "a.b_c-D", partition: 3, offset: 17n };
  assert.equal(originText({ ...origin, timestampMs: 0 }), "a.b_c-D/3/17");
  assert.deepEqual(parseOrigin("a.b_c-D/3/17"), origin);
  for (const text of ["", "a/1", "a/1/", "/1/2", "a/x/2", "a/1/2/3", "a b/1/2"]) {
    assert.equal(parseOrigin(text), undefined, text);
  }
});

test("hasUsableTime() takes times from 1970 until 5 s ahead", () => {
  const timed = [0, NOW_MS + 5_000, -1, NOW_MS + 5_001, NaN, 0.5, 2 ** 53];
  const usable = timed.map((timestampMs) => hasUsableTime(recordOf({ timestampMs }), NOW_MS));
  assert.deepEqual(usable, [true, true, false, false, false, false, false]);
});
