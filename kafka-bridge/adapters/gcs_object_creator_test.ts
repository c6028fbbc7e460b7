/** The creator against the local storage, over HTTP. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { AppError, type ErrorCode, isAppError } from "@tintype/core/errors";
import { makeImageId } from "@tintype/core/model/image_id";
import { type ObjectName, rawName } from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { PNG_PIXEL, PNG_PIXEL_SHA256 } from "@tintype/core/testing/sample_images";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import { gcsObjectCreator } from "./gcs_object_creator.ts";

const KIB = 1024;
const PUT = { method: "PUT" };
const T0_MS = Date.UTC(2026, 0, 15, 12);
const OPTIONS = {
  contentType: "image/png",
  customTimeMs: T0_MS,
  metadata: { source: "kafka", sha256: PNG_PIXEL_SHA256 },
};

let emulator: Emulator;
let made = 0;
before(async () => void (emulator = await startEmulator("storage")));
after(() => emulator.stop());

/** Creates an object; a request that is silent for `timeoutMs` fails. */
const create = (
  name: ObjectName,
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  timeoutMs = 5_000,
) =>
  gcsObjectCreator({ bucket: "tintype-raw", endpoint: emulator.url, timeoutMs })
    .create(name, body, OPTIONS);

const storage = {
  /** A name that no other test has. */
  newName() {
    const ref = { tenant: parseTenant("stream"), owner: parseOwner("a".repeat(20)) };
    return rawName({ ...ref, imageId: makeImageId(T0_MS, new Uint8Array(10).fill(++made)) });
  },
  /** Does something else with the next upload. */
  fault: (action: unknown, match: Readonly<Record<string, string>> = {}) =>
    emulator.control("POST", "/_local/faults", {
      ...{ match: { path: "^/upload/", ...match }, times: 1, action },
    }),
  ask: (name: ObjectName, query = "") =>
    fetch(`${emulator.url}/storage/v1/b/tintype-raw/o/${encodeURIComponent(name)}${query}`),
  /** The object's resource, or an error's document. */
  resourceOf: async (name: ObjectName): Promise<Readonly<Record<string, unknown>>> =>
    await (await storage.ask(name)).json(),
  bytesOf: async (name: ObjectName) =>
    Buffer.from(await (await storage.ask(name, "?alt=media")).arrayBuffer()),
};

test("gcsObjectCreator() creates with type, custom time and metadata, and answers the generation", async () => {
  const name = storage.newName();
  const outcome = await create(name, PNG_PIXEL);
  const resource = await storage.resourceOf(name);
  assert.deepEqual(outcome, { created: true, generation: resource["generation"] });
  assert.equal(resource["contentType"], "image/png");
  assert.equal(Date.parse(String(resource["customTime"])), T0_MS);
  assert.deepEqual(resource["metadata"], OPTIONS.metadata);
  assert.equal(resource["size"], String(PNG_PIXEL.length));
});

for (
  const [kind, body] of [["bytes", new Uint8Array(1)], [
    "a stream",
    streamOf(randomBytes(700 * KIB)),
  ]] as const
) {
  test(`gcsObjectCreator() leaves what is there as it is, given ${kind}`, async () => {
    const name = storage.newName();
    await create(name, PNG_PIXEL);
    const before = await storage.resourceOf(name);
    assert.deepEqual(await create(name, body), { created: false });
    assert.deepEqual(await storage.resourceOf(name), before);
  });
}

test("gcsObjectCreator() takes a 403 that names the delete permission for already there", async () => {
  const message = "bridge does not have storage.objects.delete access to the object.";
  await storage.fault({ status: 403, body: { error: { code: 403, message } } });
  assert.deepEqual(await create(storage.newName(), PNG_PIXEL), { created: false });
});

test("gcsObjectCreator() throws unavailable for any other 403, and for a session that is lost", async () => {
  const message = "bridge does not have storage.objects.create access to the bucket.";
  await storage.fault({ status: 403, body: { error: { code: 403, message } } });
  await storage.fault({ status: 410 }, PUT);
  for (const body of [PNG_PIXEL, streamOf(randomBytes(700 * KIB))]) {
    const creating = create(storage.newName(), body);
    await assert.rejects(creating, { code: "unavailable" });
  }
});

/** What Cloud Storage says of the object alone, and of the bucket. */
const REFUSALS: readonly (readonly [status: number, reason: string, code: ErrorCode])[] = [
  [400, "invalid", "storage_refused"],
  [414, "uriTooLong", "storage_refused"],
  [400, "userProjectMissing", "unavailable"],
  [401, "authError", "unavailable"],
];

for (const [status, reason, code] of REFUSALS) {
  test(`gcsObjectCreator() throws ${code} for ${status} ${reason}`, async () => {
    const body = { error: { code: status, message: "no", errors: [{ reason }] } };
    await storage.fault({ status, body });
    await assert.rejects(
      create(storage.newName(), PNG_PIXEL),
      (error) =>
        isAppError(error, code) && (code === "unavailable" || error.message.includes(reason)),
    );
  });
}

/** What passes; of a lost answer the second try finds the object. */
const TROUBLES: readonly (readonly [what: string, action: unknown, isCreated: boolean])[] = [
  ["a 503", { status: 503 }, true],
  ["an answer that is lost", { dropReply: true }, false],
  ["an answer that does not come in time", { delayMs: 20_000 }, true],
];

for (const [what, action, isCreated] of TROUBLES) {
  test(`gcsObjectCreator() stores bytes through ${what}`, async () => {
    const name = storage.newName();
    await storage.fault(action);
    const { created } = await create(name, PNG_PIXEL, 1_000);
    assert.equal(created, isCreated);
    assert.equal((await storage.resourceOf(name))["size"], String(PNG_PIXEL.length));
  });
}

/** Bytes in pieces of sizes that fit nothing. */
function streamOf(bytes: Uint8Array, end?: Error): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, at += 300 * KIB));
      if (at < bytes.byteLength) return;
      if (end === undefined) controller.close();
      else controller.error(end);
    },
  });
}

const SESSION_TROUBLES: readonly (readonly [string, unknown, Readonly<Record<string, string>>])[] =
  [
    ["nothing", undefined, PUT],
    ["a start that is not taken", { status: 503 }, { method: "POST" }],
    ["a piece that is not taken", { status: 503 }, PUT],
    ["a piece that is cut in its middle", { cutAfterBytes: 100 * KIB }, PUT],
    ["a piece whose answer is lost", { dropReply: true }, PUT],
  ];

for (const [what, action, match] of SESSION_TROUBLES) {
  test(`gcsObjectCreator() stores a stream byte for byte through ${what}`, async () => {
    const bytes = randomBytes(1_000 * KIB + 17);
    const name = storage.newName();
    if (action !== undefined) await storage.fault(action, match);
    const outcome = await create(name, streamOf(bytes));
    assert.equal(outcome.created, true);
    assert.ok(bytes.equals(await storage.bytesOf(name)));
  });
}

test("gcsObjectCreator() stores nothing of a stream that breaks, and throws its error", async () => {
  const name = storage.newName();
  const end = new AppError("too_large", "Cannot take image");
  const creating = create(name, streamOf(randomBytes(700 * KIB), end));
  await assert.rejects(creating, end);
  assert.equal((await storage.resourceOf(name))["size"], undefined);
});
