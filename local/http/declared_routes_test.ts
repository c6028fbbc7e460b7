import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import * as z from "zod";
import { bodyOf, jsonReply } from "./call.ts";
import { only } from "./declared_body.ts";
import { DeclaredRoutes, type Route, STANDARD_QUERY, withBody } from "./declared_routes.ts";
import { applyFieldMask, parseFieldMask } from "./field_mask.ts";
import { Refusal } from "./refusal.ts";

const RESOURCE = { name: "n", size: "1", metadata: { a: "1", b: "2" } };
const schema = z.strictObject({
  name: z.string().optional(),
  versioning: only(false),
  rules: z.array(z.strictObject({ age: z.number() })).optional(),
});
const get: Route<string> = {
  query: "generation alt=json|media",
  headers: "x-goog-meta-*",
  fields: "items(name,size,metadata),nextPageToken",
  run: (_, { name }) => jsonReply(200, { items: [{ ...RESOURCE, name: name("item") }] }),
};
const ROUTES = new DeclaredRoutes<string>({
  "GET /v1/items/{item}": get,
  "POST /v1/items/{item}:do": withBody(schema, { run: (_, __, body) => jsonReply(200, body) }),
  "PUT /{item*}": { run: (context, { name }) => jsonReply(200, context + name("item")) },
}, { query: STANDARD_QUERY, maxBodyBytes: 100, customVerbs: true, nullIsAbsent: true });

/** What a request gets: the text of its response, or kind and message of its refusal. */
async function ask(line: string, body = "", headers: Record<string, string> = {}) {
  const [method = "", target = ""] = line.split(" ");
  const [path = "", search] = target.split("?");
  const query = new URLSearchParams(search);
  const rest = { baseUrl: "", hangUp() {}, body: Readable.from([Buffer.from(body)]) };
  const call = { method, path, query, target, headers, ...rest };
  try {
    return bodyOf(await ROUTES.answer("context ", call));
  } catch (error) {
    return error instanceof Refusal
      ? `${error.kind}: ${error.message}`
      : assert.fail(String(error));
  }
}

const ITEM = "GET /v1/items/a%20b";
const LACKS = "not_emulated: The emulator does not have";
const CASES: readonly (readonly [Parameters<typeof ask>, string])[] = [
  [
    [`${ITEM}?generation=1&alt=media`],
    '{"items":[{"name":"a b","size":"1","metadata":{"a":"1","b":"2"}}]}',
  ],
  [[`${ITEM}?fields=items(name,metadata/a)`], '{"items":[{"name":"a b","metadata":{"a":"1"}}]}'],
  [[`${ITEM}?fields=nextPageToken&prettyPrint=false`], "{}"],
  [
    [`${ITEM}?fields=items/size&prettyPrint=true`],
    '{\n  "items": [\n    {\n      "size": "1"\n    }\n  ]\n}',
  ],
  [[`${ITEM}?fields=items/colour`], "invalid: Invalid field selection colour"],
  [
    [ITEM, "", { "x-goog-meta-a": "1", "x-goog-api-client": "x", range: "x" }],
    '{"items":[{"name":"a b","size":"1","metadata":{"a":"1","b":"2"}}]}',
  ],
  [[`${ITEM}?userProject=p`], `${LACKS} the query parameter userProject`],
  [[`${ITEM}?alt=proto`], `${LACKS} alt=proto: it takes json or media`],
  [[ITEM, "", { "if-match": "x" }], `${LACKS} the header if-match`],
  [[ITEM, "", { "x-goog-encryption-key": "x" }], `${LACKS} the header x-goog-encryption-key`],
  [["GET /v1/items/%ff"], "invalid: The path is not percent-encoded UTF-8."],
  [["GET /v1/items/a:do"], `${LACKS} GET /v1/items/a:do`],
  [["PATCH /v1/items/a"], `${LACKS} PATCH /v1/items/a`],
  [["PUT /a/b:c/"], '"context a/b:c/"'],
  [["POST /v1/items/a:do", '{"name":"n","versioning":null}'], '{"name":"n"}'],
  [["POST /v1/items/a:do?fields=name", "{}"], `${LACKS} the query parameter fields here`],
  [["POST /v1/items/a:do", '{"rules":[{"age":1,"days":2}]}'], `${LACKS} rules.0.days`],
  [["POST /v1/items/a:do", '{"versioning":true}'], `${LACKS} versioning`],
  [
    ["POST /v1/items/a:do", '{"name":1}'],
    "invalid: Invalid value at 'name': Invalid input: expected string, received number",
  ],
  [["POST /v1/items/a:do", "{"], "malformed: Parse Error: the body is not JSON"],
  [
    ["POST /v1/items/a:do", "x".repeat(101)],
    "too_large: Request payload size exceeds the limit: 100 bytes.",
  ],
];

for (const [request, expected] of CASES) {
  test(`${request[0]} ${request[1] ?? ""}`.slice(0, 60), async () => {
    assert.equal(await ask(...request), expected);
  });
}

const NESTED = { kind: "k", items: [{ name: "a", metadata: { x: 1, y: 2 } }, { name: "b" }] };
const MASKS: Readonly<Record<string, unknown>> = {
  "*": NESTED,
  "items": { items: NESTED.items },
  "items/name": { items: [{ name: "a" }, { name: "b" }] },
  "items(metadata/y),kind": { kind: "k", items: [{ metadata: { y: 2 } }, {}] },
  "items/*/x": { items: [{ metadata: { x: 1 }, name: undefined }, { name: undefined }] },
  "items(name),items/metadata/x": { items: [{ name: "a", metadata: { x: 1 } }, { name: "b" }] },
  "kind/deeper": { kind: undefined },
};

test("a mask keeps what it names, and one of another form is refused", () => {
  for (const [text, kept] of Object.entries(MASKS)) {
    assert.deepEqual(applyFieldMask(NESTED, parseFieldMask(text)), kept, text);
  }
  for (const text of ["", "a,", "a(", "a(b", "a)", "a/", "(a)", "a(b))"]) {
    assert.throws(() => parseFieldMask(text), Refusal, text);
  }
});
