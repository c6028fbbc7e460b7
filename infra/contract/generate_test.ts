import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CONTRACT_FILE, contractTypes } from "./generate.ts";

test("the client's types are those of /openapi.json; deno task generate writes them", () => {
  assert.equal(readFileSync(CONTRACT_FILE, "utf8"), contractTypes());
});
