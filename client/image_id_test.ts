import assert from "node:assert/strict";
import { test } from "node:test";
import { newImageId } from "./image_id.ts";

test("newImageId() is a UUIDv7 of its time, and another one each time", () => {
  const timeMs = Date.UTC(2026, 10, 21, 4, 17, 44) + 7;
  const id = newImageId(timeMs);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16), timeMs);
  const ids = Array.from({ length: 200 }, () => newImageId(timeMs));
  assert.equal(new Set(ids).size, ids.length);
  // Each hex digit of the random bits takes every value that it can.
  const seenAt = (at: number) => new Set(ids.map((each) => each.charAt(at))).size;
  assert.deepEqual([15, 16, 17, 19, 20, 35].map(seenAt), [16, 16, 16, 4, 16, 16]);
});
