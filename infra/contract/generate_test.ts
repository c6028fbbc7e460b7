import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CONTRACT_FILE, contractTypes } from "./generate.ts";
import { typesOf } from "./openapi_types.ts";

test("the client's types are those of /openapi.json; deno task generate writes them", () => {
  assert.equal(readFileSync(CONTRACT_FILE, "utf8"), contractTypes());
});

test("typesOf() says each kind of schema as TypeScript does", () => {
  const text = typesOf({
    Page: {
      type: "object",
      required: ["items", "next"],
      properties: {
        items: { type: "array", items: { $ref: "#/components/schemas/Item" } },
        next: { anyOf: [{ type: "string" }, { type: "null" }], description: "Where it goes on" },
        tags: { type: "array", items: { enum: ["a", 1] } },
      },
    },
    Item: { type: "object", additionalProperties: { type: ["integer", "boolean"] } },
    Nothing: { type: "object", additionalProperties: false },
    Any: {},
    One: { const: "one" },
  });
  assert.equal(
    text,
    `export type Page = {
  readonly items: readonly Item[];
  /** Where it goes on */
  readonly next: string | null;
  readonly tags?: readonly ("a" | 1)[];
};

export type Item = { readonly [name: string]: number | boolean };

export type Nothing = { readonly [name: string]: never };

export type Any = unknown;

export type One = "one";
`,
  );
});

test("typesOf() refuses what it cannot say", () => {
  assert.throws(
    () => typesOf({ A: { type: "date" } }),
    /must be a known one: current value is date/,
  );
  assert.throws(() => typesOf({ A: { $ref: "other.json" } }), /must begin with #/);
});
