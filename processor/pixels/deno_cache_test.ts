import assert from "node:assert/strict";
import { test } from "node:test";
import { denoCacheOf } from "./deno_cache.ts";

const CASES = [
  { env: { DENO_DIR: "/cache", HOME: "/home" }, cache: { DENO_DIR: "/cache" } },
  { env: { DENO_DIR: "", HOME: "/home" }, cache: { HOME: "/home" } },
  { env: { HOME: "/home", PATH: "/bin" }, cache: { HOME: "/home" } },
  { env: { HOME: "", PATH: "/bin" }, cache: {} },
] as const;

for (const { env, cache } of CASES) {
  test(`denoCacheOf() returns ${JSON.stringify(cache)} for ${JSON.stringify(env)}`, () => {
    assert.deepEqual(denoCacheOf(new Map(Object.entries(env))), cache);
  });
}
