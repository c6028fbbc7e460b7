import assert from "node:assert/strict";
import { test } from "node:test";
import { traced } from "./traced.ts";

test("traced() answers and throws as the port does, private fields included", async () => {
  class Counter {
    #count = 0;
    readonly step = 2;
    add(by: number): Promise<number> {
      if (by < 0) return Promise.reject(new RangeError("too small"));
      return Promise.resolve(this.#count += by);
    }
  }
  const counter = traced("counter", new Counter());
  assert.deepEqual([await counter.add(3), await counter.add(4), counter.step], [3, 7, 2]);
  await assert.rejects(counter.add(-1), RangeError);
});
