import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "@tintype/core/errors";
import { t0OfImageId } from "@tintype/core/model/image_id";
import { rawName } from "@tintype/core/model/object_name";
import { pseudonymize } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { NOT_AN_IMAGE, PNG_PIXEL, PNG_PIXEL_SHA256 } from "@tintype/core/testing/sample_images";
import type { SourceRecord } from "../ports.ts";
import {
  fakePorts,
  IMAGE_HEADERS as PNG,
  NOW_MS,
  recordOf,
  redrivenHeaders,
} from "../testing/fake_ports.ts";
import { admitRecord } from "./admit_record.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("admitRecord() makes the raw object of the record's place, owned by the subject's pseudonym", async () => {
  const { ports, store } = await fakePorts();
  const headers = { ...PNG, sha256: PNG_PIXEL_SHA256.toUpperCase(), traceparent: TRACEPARENT };
  const { ref, outcome } = await admitRecord(ports, recordOf({ offset: 7n, headers }));
  assert.equal(outcome.created, true);
  assert.equal(ref.tenant, "stream");
  assert.equal(ref.owner, await pseudonymize(ports.pseudonymKey, ref.tenant, "ada"));
  assert.equal(t0OfImageId(ref.imageId), NOW_MS);
  const facts = await store.stat(rawName(ref));
  assert.equal(facts?.contentType, "image/png");
  assert.equal(facts?.customTimeMs, NOW_MS);
  assert.deepEqual(facts?.metadata, {
    source: "kafka",
    sha256: PNG_PIXEL_SHA256,
    size: String(PNG_PIXEL.length),
    traceparent: TRACEPARENT,
  });
});

test("admitRecord() finds the object of a redelivered record", async () => {
  const { ports, store } = await fakePorts();
  const first = await admitRecord(ports, recordOf());
  const again = await admitRecord(ports, recordOf());
  assert.deepEqual(again, { ref: first.ref, outcome: { created: false } });
  assert.equal(store.names().length, 1);
});

test("admitRecord() gives another place another image", async () => {
  const { ports, store } = await fakePorts();
  for (const place of [{ offset: 1n }, { partition: 1 }, { offset: 2n }]) {
    await admitRecord(ports, recordOf(place));
  }
  assert.equal(store.names().length, 3);
});

test("admitRecord() leaves out a traceparent that is not of its form", async () => {
  const { ports, store } = await fakePorts();
  const headers = { ...PNG, traceparent: "x".repeat(5_000) };
  const { ref } = await admitRecord(ports, recordOf({ headers }));
  assert.equal((await store.stat(rawName(ref)))?.metadata["traceparent"], undefined);
});

test("admitRecord() takes the tenant header only where the topic allows it", async () => {
  const { ports } = await fakePorts();
  const headers = { ...PNG, tenant: "other" };
  assert.equal((await admitRecord(ports, recordOf({ headers }))).ref.tenant, "stream");
  const open = await admitRecord(ports, recordOf({ topic: "open", headers }));
  assert.equal(open.ref.tenant, "other");
});

test("admitRecord() gives a record without a subject to the topic's default subject", async () => {
  const { ports } = await fakePorts();
  const headers = { "content-type": "image/png" };
  const { ref } = await admitRecord(ports, recordOf({ topic: "open", headers }));
  const owner = await pseudonymize(ports.pseudonymKey, parseTenant("stream"), "camera");
  assert.equal(ref.owner, owner);
});

const REFUSED: readonly (readonly [string, string, Parameters<typeof recordOf>[0]])[] = [
  ["no subject and no default", "missing_subject", { headers: { "content-type": "image/png" } }],
  ["a subject that is not UTF-8", "invalid_record", {
    headers: { ...PNG, subject: Uint8Array.of(0xff, 0xfe) },
  }],
  ["a subject that is too long", "invalid_record", {
    headers: { ...PNG, subject: "a".repeat(2_000) },
  }],
  ["a tenant header that is no name", "invalid_record", {
    topic: "open",
    headers: { ...PNG, tenant: "No Tenant" },
  }],
  ["a sha256 that is none", "invalid_record", { headers: { ...PNG, sha256: "abc" } }],
  ["no value", "invalid_record", { value: null }],
  ["an empty value", "invalid_record", { value: new Uint8Array() }],
  ["a time before time", "invalid_record", { timestampMs: -1 }],
  ["a topic in no plan", "invalid_record", { topic: "unknown" }],
  ["no content type", "unsupported_type", { headers: { subject: "ada" } }],
  ["a type that is not taken", "unsupported_type", {
    headers: { ...PNG, "content-type": "text/plain" },
  }],
  ["text as a picture", "not_an_image", { value: NOT_AN_IMAGE }],
  ["a picture under another type", "not_an_image", {
    headers: { ...PNG, "content-type": "image/jpeg" },
  }],
  ["a record older than its seven days", "too_late", { timestampMs: NOW_MS - 8 * 86_400_000 }],
];

for (const [what, code, given] of REFUSED) {
  test(`admitRecord() refuses ${what} as ${code} and stores nothing`, async () => {
    const { ports, store } = await fakePorts();
    await assert.rejects(
      admitRecord(ports, recordOf(given)),
      (error) => isAppError(error, code as "invalid_record"),
    ); // each is a code
    assert.deepEqual(store.names(), []);
  });
}

const DAY_MS = 86_400_000;
/** When a record came first and when it was redriven, in days before now. */
const REDRIVES: readonly (readonly [number, number, "too_late" | undefined])[] = [
  [5.5, 1.1, undefined],
  [5.5, 0.9, "too_late"],
  [4.4, 0, undefined],
];

for (const [cameDays, redrivenDays, code] of REDRIVES) {
  test(`admitRecord() ${code === undefined ? "takes" : "refuses"} a record of ${cameDays} days ago that was redriven ${redrivenDays} days ago`, async () => {
    const { ports, store } = await fakePorts();
    const redriven = recordOf({
      topic: "images.redrive",
      timestampMs: NOW_MS - redrivenDays * DAY_MS,
      headers: redrivenHeaders(NOW_MS - cameDays * DAY_MS),
    });
    const admitting = admitRecord(ports, redriven);
    if (code === undefined) await admitting;
    else await assert.rejects(admitting, (error) => isAppError(error, code));
    assert.equal(store.names().length, code === undefined ? 1 : 0);
  });
}

test("admitRecord() names no subject in what it throws", async () => {
  const { ports } = await fakePorts();
  const record: SourceRecord = recordOf({
    value: NOT_AN_IMAGE,
    headers: { ...PNG, subject: "grace" },
  });
  await assert.rejects(admitRecord(ports, record), (error) => !String(error).includes("grace"));
});
