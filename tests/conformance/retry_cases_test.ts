/** Google's own cases for retries (`../shared/conformance/retry_tests.json`), through gcs's calls of the JSON API. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { anonymous } from "@tintype/gcs/authorize";
import { formatHeld } from "@tintype/gcs/byte_range";
import { parseContentRange } from "@tintype/gcs/content_range";
import * as objects from "@tintype/gcs/json_objects";
import { createObject } from "@tintype/gcs/xml_objects";
import { type Bucket, GOOGLE_STORAGE } from "@tintype/gcs/storage_call";
import type { StorageRequest } from "@tintype/gcs/transport";

interface Scenario {
  readonly id: number;
  readonly description: string;
  readonly cases: readonly { readonly instructions: readonly string[] }[];
  readonly methods: readonly { readonly name: string }[];
  readonly expectSuccess: boolean;
}

const CASES = new URL("../../../shared/conformance/retry_tests.json", import.meta.url);
/** Calls without a precondition, and those that cannot have one: gcs makes neither. */
const NOT_OURS = [3, 4];
const MEDIA = new Uint8Array(9 * 1024 * 1024);
const WRITE = { contentType: "image/jpeg", customTimeMs: 0 };
const COMPLEX_UPLOAD = 7;
const SESSION = "https://storage.example/session";

const CALLS: Readonly<Record<string, (bucket: Bucket, id: number) => Promise<unknown>>> = {
  "storage.objects.get": (bucket) => objects.readObject(bucket, "o"),
  "storage.objects.list": (bucket) => objects.listObjects(bucket, { prefix: "" }),
  "storage.objects.delete": (bucket) => objects.removeObject(bucket, "o", { generation: "1" }),
  "storage.objects.insert": (bucket, id) =>
    objects.createObject(bucket, "o", id === COMPLEX_UPLOAD ? streamOf(MEDIA) : MEDIA, WRITE),
};

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new Blob([bytes.slice()]).stream();
}

/** Cloud Storage with one object, which does what it is instructed to with its first requests. */
function bucketWith(instructions: readonly string[]) {
  const left = [...instructions];
  const seen = { requests: 0, held: 0 };
  const transport = async (request: StorageRequest) => {
    seen.requests++;
    // The start of a session is no request for bytes.
    const instruction = request.url.includes("uploadType=resumable") ? undefined : left.shift();
    if (instruction === "return-reset-connection") throw new TypeError("connection reset");
    if (instruction?.startsWith("return-broken-stream")) {
      return new Response(new ReadableStream({ start: (body) => body.error(new Error("cut")) }));
    }
    const [, status = "0", kib = "0"] =
      /^return-(\d+)(?:-after-(\d+)K)?$/.exec(instruction ?? "") ??
        [];
    seen.held = Math.max(seen.held, Number(kib) * 1024);
    return status === "0" ? respond(request, seen) : new Response(null, { status: Number(status) });
  };
  return {
    bucket: { bucket: "b", endpoint: GOOGLE_STORAGE, authorize: anonymous, transport },
    seen,
  };
}

function respond({ method, url, headers }: StorageRequest, seen: { held: number }): Response {
  if (method === "DELETE") return new Response(null, { status: 204 });
  if (url.includes("uploadType=resumable")) {
    return new Response(null, { headers: { location: SESSION } });
  }
  const range = url === SESSION ? parseContentRange(headers["content-range"]) : null;
  if (range === null) return Response.json({ generation: "1" });
  if (range.kind === "bytes") seen.held = Math.max(seen.held, (range.end ?? -1) + 1);
  if (seen.held === range.total) return Response.json({ generation: "1" });
  const held = formatHeld(seen.held);
  return new Response(null, { status: 308, headers: held === undefined ? {} : { Range: held } });
}

if (existsSync(CASES)) {
  const { retryTests }: { retryTests: Scenario[] } = JSON.parse(readFileSync(CASES, "utf8"));
  for (const { id, description, cases, methods, expectSuccess } of retryTests) {
    if (NOT_OURS.includes(id)) continue;
    for (const { name } of methods.filter(({ name }) => name in CALLS)) {
      for (const { instructions } of cases) {
        test(`${id} ${description}: ${name} through ${instructions.join(", ")}`, async () => {
          const { bucket, seen } = bucketWith(instructions);
          const call = CALLS[name]?.(bucket, id) ?? Promise.reject();
          if (expectSuccess) return void await call;
          const last = Number(instructions.at(-1)?.slice(-3));
          await assert.rejects(call, { name: "StorageError", status: last });
          assert.equal(seen.requests, instructions.length, "nothing is tried after it");
        });
      }
    }
  }
} else {
  test("Google's retry cases", { skip: "needs ../shared/conformance" }, () => {});
}

test("createObject() by the XML API repeats bytes and sends a stream once", async () => {
  const write = { ...WRITE, maxBytes: 1e9 };
  const repeated = bucketWith(["return-503", "return-reset-connection"]);
  assert.ok((await createObject(repeated.bucket, "o", MEDIA, write)).created);
  for (
    const [instruction, status] of [["return-503", 503], ["return-reset-connection", 0]] as const
  ) {
    const { bucket, seen } = bucketWith([instruction]);
    await assert.rejects(createObject(bucket, "o", streamOf(MEDIA), write), { status });
    assert.equal(seen.requests, 1);
  }
});
