import assert from "node:assert/strict";
import { test } from "node:test";
import { parseImageId } from "@tintype/core/model/image_id";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { networkOf } from "../middleware/rate_limits.ts";
import { hmacCursors } from "./hmac_cursors.ts";
import type { CursorScope } from "../ports.ts";
import { shapeOf } from "../json_shape.ts";
import { looksOf } from "../routes/_many_images.ts";

test("hmacCursors() opens what it sealed for that listing and nothing else", async () => {
  const cursors = await hmacCursors("k".repeat(32));
  const before = parseImageId("019ae2c4-9a00-7c3e-8f51-2a6f0c9d1b34");
  const tenant = parseTenant("acme");
  const [ann, bob] = [parseOwner("a".repeat(20)), parseOwner("b".repeat(20))];
  const scope = { tenant, owner: ann };
  const of = (scope: CursorScope | undefined) => () => Promise.resolve(scope);
  const cursor = await cursors.seal(before, scope);
  assert.equal(cursor.length, 43);
  const asked: unknown[] = [];
  const opened = await cursors.open(cursor, async (imageId) => (asked.push(imageId), scope));
  assert.deepEqual([opened, asked], [before, [before]], "whose day it is, its id says");
  assert.equal(await cursors.open(cursor, of({ tenant, owner: bob })), undefined);
  assert.equal(await cursors.open(cursor, of({ tenant: parseTenant("x"), owner: ann })), undefined);
  assert.equal(await cursors.open(cursor, of(undefined)), undefined);
  const flipped = (cursor.startsWith("A") ? "B" : "A") + cursor.slice(1);
  assert.equal(await cursors.open(flipped, of(scope)), undefined);
  assert.equal(await cursors.open(cursor.slice(1), of(scope)), undefined);
  // The same bytes with other spare bits: the last character of a cursor is one of sixteen, never the next of one.
  const respelled = cursor.slice(0, -1) + String.fromCharCode(cursor.charCodeAt(42) + 1);
  assert.equal(await cursors.open(respelled, of(scope)), undefined);
  const others = await hmacCursors("o".repeat(32));
  assert.equal(await others.open(cursor, of(scope)), undefined);
});

/** JSON, whether it names a field twice in one object, and its levels of objects and arrays. */
const SHAPES: readonly (readonly [json: string, namesTwice: boolean, levels: number])[] = [
  ['{"a":1,"a":2}', true, 1],
  ['{"a" :1,"\\u0061"\n: 2}', true, 1],
  ['{"\\"":1,"\\u0022":2}', true, 1],
  ['{"é":1,"\\u00e9":2}', true, 1],
  ['{"x":[{"b":1,"c":{},"b":2}]}', true, 4],
  ['{"a":"a","b":{"a":1},"c":["a","a","{\\"a\\":"]}', false, 2],
  ['{"a\\\\":1,"a":"\\\\"}', false, 1],
  ...[['"a:a"', false, 0], ['"[[[["', false, 0]] as const,
  ['{"a":[],"b":{"\\"[":[1]}}', false, 3],
];

for (const [json, namesTwice, levels] of SHAPES) {
  test(`shapeOf(${json}) ${namesTwice ? "sees" : "sees no"} name given twice, and ${levels} levels`, () => {
    assert.deepEqual(shapeOf(json), { namesTwice, levels });
  });
}

test("looksOf() begins at once, ends with the wait, and looks less and less often between", () => {
  assert.deepEqual(looksOf(0, "one"), [0]);
  assert.deepEqual(looksOf(250, "one"), [0, 250]);
  assert.deepEqual(looksOf(600, "one"), [0, 250, 600]);
  assert.deepEqual(looksOf(7_000, "many"), [0, 1_000, 2_500, 4_750, 7_000]);
});

const NETWORKS = {
  "203.0.113.7": "203.0.113.7",
  "::ffff:203.0.113.7": "203.0.113.7",
  "2001:DB8:1:2:3:4:5:6": "2001:db8:1:2::/64",
  "2001:0db8:0001:0002::1": "2001:db8:1:2::/64",
  "2001:db8::1": "2001:db8:0:0::/64",
  "1::2:3:4:5:6:7": "1:0:2:3::/64",
  "::1": "0:0:0:0::/64",
};

test("networkOf() keeps an IPv4 address and an IPv6 address's first 64 bits", () => {
  for (const [address, network] of Object.entries(NETWORKS)) {
    assert.equal(networkOf(address), network);
  }
});
