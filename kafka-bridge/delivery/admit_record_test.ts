import assert from "node:assert/strict";
import { test } from "node:test";
import { t0OfImageId } from "@tintype/core/model/image_id";
import { rawName } from "@tintype/core/model/object_name";
import { deriveOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { DEFAULT_PLAN } from "@tintype/core/model/tenant_plan";
import { DAY_MS } from "@tintype/core/model/utc_day";
import { MemoryQuota } from "@tintype/core/testing/memory_quota";
import { NOT_AN_IMAGE, PNG_PIXEL, PNG_PIXEL_SHA256 } from "@tintype/core/testing/sample_images";
import { PSEUDONYM_KEYS, saltOf } from "../testing/day_salts.ts";
import type { SourceRecord } from "../ports.ts";
import {
  fakePorts,
  IMAGE_HEADERS as PNG,
  NOW_MS,
  recordOf,
  redrivenHeaders,
  TENANTS,
} from "../testing/fake_ports.ts";
import { down } from "../testing/open_bridge.ts";
import { admitRecord, type AdmitRecordPorts } from "./admit_record.ts";
import { HeldUp } from "./held_up.ts";

/** The pseudonym on the day of a time. */
const ownerOf = (subject: string, timeMs: number) =>
  deriveOwner(PSEUDONYM_KEYS, saltOf(timeMs), { tenant: parseTenant("stream"), subject });

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("admitRecord() makes the raw object of the record's place, owned by the subject's pseudonym of its day", async () => {
  const { ports, store } = fakePorts();
  const sha256 = PNG_PIXEL_SHA256.toUpperCase();
  const headers = { ...PNG, sha256, traceparent: TRACEPARENT, ref: "order-4711.front" };
  const { ref, outcome } = await admitRecord(ports, recordOf({ offset: 7n, headers }));
  assert.equal(outcome.created, true);
  assert.equal(ref.tenant, "stream");
  assert.equal(ref.owner, await ownerOf("ada", NOW_MS));
  assert.equal(t0OfImageId(ref.imageId), NOW_MS);
  const facts = await store.stat(rawName(ref));
  assert.equal(facts?.contentType, "image/png");
  assert.equal(facts?.customTimeMs, NOW_MS);
  assert.deepEqual(facts?.metadata, {
    source: "kafka",
    sha256: PNG_PIXEL_SHA256,
    size: String(PNG_PIXEL.length),
    ref: "order-4711.front",
    origin: "images/0/7",
    traceparent: TRACEPARENT,
  });
});

test("admitRecord() counts a stream by the bytes that came, of those that its plan takes at most", async () => {
  const { ports, store } = fakePorts();
  const quota = new MemoryQuota();
  const limits: number[] = [];
  const { ref } = await admitRecord({ ...ports, quota }, recordOf(), {
    stream: new Blob([PNG_PIXEL, PNG_PIXEL]).stream(),
    signal: new AbortController().signal,
    limitTo: (maxBytes) => void limits.push(maxBytes),
    size: () => 2 * PNG_PIXEL.length,
  });
  assert.deepEqual(limits, [DEFAULT_PLAN.maxBytes]);
  assert.equal(quota.bytes(), 2 * PNG_PIXEL.length);
  assert.equal((await store.stat(rawName(ref)))?.size, 2 * PNG_PIXEL.length);
});

test("admitRecord() finds the object of a redelivered record", async () => {
  const { ports, store } = fakePorts();
  const first = await admitRecord(ports, recordOf());
  const again = await admitRecord(ports, recordOf());
  assert.deepEqual(again, { ref: first.ref, outcome: { created: false } });
  assert.equal(store.names().length, 1);
});

test("admitRecord() gives another place another image", async () => {
  const { ports, store } = fakePorts();
  for (const place of [{ offset: 1n }, { partition: 1 }, { offset: 2n }]) {
    await admitRecord(ports, recordOf(place));
  }
  assert.equal(store.names().length, 3);
});

test("admitRecord() leaves out a traceparent that is not of its form", async () => {
  const { ports, store } = fakePorts();
  const headers = { ...PNG, traceparent: "x".repeat(5_000) };
  const { ref } = await admitRecord(ports, recordOf({ headers }));
  assert.equal((await store.stat(rawName(ref)))?.metadata["traceparent"], undefined);
});

test("admitRecord() takes the tenant header only where the topic allows it", async () => {
  const { ports } = fakePorts();
  const headers = { ...PNG, tenant: "other" };
  assert.equal((await admitRecord(ports, recordOf({ headers }))).ref.tenant, "stream");
  const open = await admitRecord(ports, recordOf({ topic: "open", headers }));
  assert.equal(open.ref.tenant, "other");
});

test("admitRecord() gives a record without a subject to the topic's default subject", async () => {
  const { ports } = fakePorts();
  const headers = { "content-type": "image/png" };
  const { ref } = await admitRecord(ports, recordOf({ topic: "open", headers }));
  assert.equal(ref.owner, await ownerOf("camera", NOW_MS));
});

/** What others' producers send, and whose image it is then. */
const OTHERS: readonly (readonly [string, Parameters<typeof recordOf>[0], string])[] = [
  ["a subject in another case", { headers: { "Subject": "ada" } }, "ada"],
  ["a subject with a byte order mark", { headers: { "subject": "\ufeffada" } }, "\ufeffada"],
  ["a subject in two cases, of which ours counts", {
    headers: { "subject": "ada", "SUBJECT": "eve" },
  }, "ada"],
  ["a subject by the topic's own name", {
    topic: "cameras",
    headers: { "CE_Subject": "ada", "subject": "eve" },
  }, "ada"],
  ["no subject of the topic's own name, but a key", {
    topic: "cameras",
    partition: 3,
    key: new TextEncoder().encode("a"),
    headers: { "subject": "eve" },
  }, "camera-3-a"],
  ["no subject, but a key", {
    topic: "cameras",
    partition: 3,
    key: new TextEncoder().encode("$&"),
    headers: {},
  }, "camera-3-$&"],
  ["the partition where it was first", {
    topic: "cameras.redrive",
    partition: 3,
    key: new TextEncoder().encode("a"),
    headers: { ...redrivenHeaders(NOW_MS, "cameras"), "subject": "" },
  }, "camera-0-a"],
];

for (const [what, given, subject] of OTHERS) {
  test(`admitRecord() finds the owner by ${what}`, async () => {
    const { ports } = fakePorts();
    const { ref } = await admitRecord(ports, recordOf(given));
    assert.equal(ref.owner, await ownerOf(subject, NOW_MS));
  });
}

test("admitRecord() takes a reference by the topic's own name, and a trace in any case", async () => {
  const { ports, store } = fakePorts();
  const headers = { "ce_subject": "ada", "Order-Id": "order-4711", "Traceparent": TRACEPARENT };
  const { ref } = await admitRecord(ports, recordOf({ topic: "cameras", headers }));
  const { metadata } = await store.stat(rawName(ref)) ?? {};
  assert.equal(metadata?.["ref"], "order-4711");
  assert.equal(metadata?.["traceparent"], TRACEPARENT);
});

type Given = Parameters<typeof recordOf>[0];
const long = (length: number) => "a".repeat(length);
const notText = Uint8Array.of(0xff, 0xfe);
const year9999 = redrivenHeaders(Date.UTC(9999, 0));
const beforeNow = (ms: number) => ({ timestampMs: NOW_MS - ms });

/** Records by the reason for which they are refused. */
const REFUSED: Readonly<Record<string, Readonly<Record<string, Given>>>> = {
  missing_subject: {
    "no subject and no default": { headers: { "content-type": "image/png" } },
    "a default subject that needs a key without one": { topic: "cameras", headers: {} },
  },
  invalid_record: {
    "a subject that is not UTF-8": { headers: { ...PNG, subject: notText } },
    "a subject that is too long": { headers: { ...PNG, subject: long(2_000) } },
    "a tenant header that is no name": { topic: "open", headers: { ...PNG, tenant: "No Tenant" } },
    "a sha256 that is none": { headers: { ...PNG, sha256: "abc" } },
    "no value": { value: null },
    "an empty value": { value: new Uint8Array() },
    "a time before time": { timestampMs: -1 },
    "a key that is no text, as the subject": { topic: "cameras", key: notText, headers: {} },
    "a reference that is too long": { headers: { ...PNG, ref: long(65) } },
    "a reference of other characters": { headers: { ...PNG, ref: "a b" } },
  },
  timestamp_out_of_range: {
    "a time that is 6 s ahead": beforeNow(-6_000),
    "a time beyond all ids": { timestampMs: 2 ** 52 },
    "a redriven time of the year 9999": { topic: "images.redrive", headers: year9999 },
    "a producer's time that is too old": { ...beforeNow(3 * DAY_MS + 1), isCreateTime: true },
  },
  not_an_image: { "text as a picture": { value: NOT_AN_IMAGE } },
  too_late: { "a record older than its seven days": beforeNow(8 * DAY_MS) },
};

for (const [code, records] of Object.entries(REFUSED)) {
  for (const [what, given] of Object.entries(records)) {
    test(`admitRecord() refuses ${what} as ${code} and stores nothing`, async () => {
      const { ports, store } = fakePorts();
      await assert.rejects(admitRecord(ports, recordOf(given)), { code });
      assert.deepEqual(store.names(), []);
    });
  }
}

/** What a producer says of the type, and what the object has. */
const DECLARED_TYPES: readonly (readonly [string, string | Uint8Array | undefined, string])[] = [
  ["no content type", undefined, "image/png"],
  ["a type that is none of ours", "text/plain", "image/png"],
  ["another type of ours", "image/jpeg", "image/jpeg"],
  ["another type of ours with parameters, in another case", "Image/JPEG; q=1", "image/jpeg"],
  ["a type that is no text", Uint8Array.of(0xff, 0xfe), "image/png"],
  ["a type without an end", "image/".repeat(1_000), "image/png"],
];

for (const [what, declared, contentType] of DECLARED_TYPES) {
  test(`admitRecord() takes a picture with ${what} for what its bytes say`, async () => {
    const { ports, store } = fakePorts();
    const headers = declared === undefined
      ? { subject: "ada" }
      : { subject: "ada", "content-type": declared };
    const { ref } = await admitRecord(ports, recordOf({ headers }));
    assert.equal((await store.stat(rawName(ref)))?.contentType, contentType);
  });
}

test("admitRecord() refuses a picture whose bytes the tenant's plan does not take", async () => {
  const { ports, store } = fakePorts();
  const planOf = async () => ({ ...DEFAULT_PLAN, allowedTypes: ["image/jpeg"] as const });
  const headers = { ...PNG, "content-type": "image/jpeg" };
  await assert.rejects(
    admitRecord({ ...ports, tenants: { ...TENANTS, planOf } }, recordOf({ headers })),
    { code: "unsupported_type" },
  );
  assert.deepEqual(store.names(), []);
});

test("admitRecord() refuses a default subject that is not well-formed Unicode", async () => {
  const { ports } = fakePorts();
  const topicOf = async () => ({
    ...{ tenant: parseTenant("stream"), allowTenantHeader: false },
    defaultSubject: "camera \ud800",
  });
  await assert.rejects(
    admitRecord({ ...ports, tenants: { ...TENANTS, topicOf } }, recordOf({ headers: {} })),
    { code: "invalid_record" },
  );
});

test("admitRecord() gives one subject another owner each day, and a redelivered record that of its T0", async () => {
  const midnightMs = Date.UTC(2026, 0, 16);
  const [before, after] = [midnightMs - 1, midnightMs];
  const { ports } = fakePorts({ clock: { now: () => before } });
  const first = await admitRecord(ports, recordOf({ timestampMs: before }));
  const tomorrow = { ...ports, clock: { now: () => midnightMs + 60_000 } };
  const again = await admitRecord(tomorrow, recordOf({ timestampMs: before }));
  const next = await admitRecord(tomorrow, recordOf({ offset: 1n, timestampMs: after }));
  assert.deepEqual(again, { ref: first.ref, outcome: { created: false } });
  assert.equal(first.ref.owner, await ownerOf("ada", before));
  assert.equal(next.ref.owner, await ownerOf("ada", after));
  assert.notEqual(first.ref.owner, next.ref.owner);
});

test("admitRecord() asks for no salt where the record is too late", async () => {
  const { ports } = fakePorts();
  const salts = { saltAt: () => assert.fail("it must not ask") };
  await assert.rejects(
    admitRecord({ ...ports, salts }, recordOf({ timestampMs: NOW_MS - 7 * DAY_MS })),
    { code: "too_late" },
  );
});

/** What is ours to fix, and what the record waits for. */
const HELD_UP: readonly (readonly [string, string, Partial<AdmitRecordPorts>])[] = [
  ["its day has no salt", "days", { salts: { saltAt: () => Promise.reject(down()) } }],
  ["its day's pseudonym key is missing", "days", { pseudonymKeys: new Map() }],
  ["its topic has no tenant", "tenants", {
    tenants: { ...TENANTS, topicOf: () => Promise.resolve(undefined) },
  }],
  ["the topics cannot be read", "tenants", {
    tenants: { ...TENANTS, topicOf: () => Promise.reject(down()) },
  }],
  ["the tenant's object cannot be read", "tenants", {
    tenants: { ...TENANTS, planOf: () => Promise.reject(down()) },
  }],
  ["an operator has closed its source", "closed", {
    tenants: { ...TENANTS, planOf: async () => ({ ...DEFAULT_PLAN, closed: ["kafka"] }) },
  }],
];

for (const [what, blocker, override] of HELD_UP) {
  test(`admitRecord() holds a record up, and refuses it for nothing else, while ${what}`, async () => {
    const { ports, store } = fakePorts();
    await assert.rejects(
      admitRecord({ ...ports, ...override }, recordOf()),
      (error) => error instanceof HeldUp && error.blocker === blocker,
    );
    assert.deepEqual(store.names(), []);
  });
}

test("admitRecord() takes what is days old where the broker dated it, or was redriven, and 5 s ahead", async () => {
  const { ports, store } = fakePorts();
  const old = { timestampMs: NOW_MS - 4 * DAY_MS };
  await admitRecord(ports, recordOf(old));
  const headers = redrivenHeaders(old.timestampMs);
  await admitRecord(ports, recordOf({ topic: "images.redrive", isCreateTime: true, headers }));
  const recent = { offset: 1n, timestampMs: NOW_MS - 3 * DAY_MS, isCreateTime: true };
  await admitRecord(ports, recordOf(recent));
  await admitRecord(ports, recordOf({ offset: 2n, timestampMs: NOW_MS + 5_000 }));
  assert.equal(store.names().length, 4);
});

/** When a record came first and when it was redriven, in days before now. */
const REDRIVES: readonly (readonly [number, number, "too_late" | undefined])[] = [
  [5.5, 1.1, undefined],
  [5.5, 0.9, "too_late"],
  [4.4, 0, undefined],
];

for (const [cameDays, redrivenDays, code] of REDRIVES) {
  test(`admitRecord() ${code === undefined ? "takes" : "refuses"} a record of ${cameDays} days ago that was redriven ${redrivenDays} days ago`, async () => {
    const { ports, store } = fakePorts();
    const redriven = recordOf({
      topic: "images.redrive",
      timestampMs: NOW_MS - redrivenDays * DAY_MS,
      headers: redrivenHeaders(NOW_MS - cameDays * DAY_MS),
    });
    const admitting = admitRecord(ports, redriven);
    if (code === undefined) await admitting;
    else await assert.rejects(admitting, { code });
    assert.equal(store.names().length, code === undefined ? 1 : 0);
  });
}

test("admitRecord() names no subject in what it throws", async () => {
  const { ports } = fakePorts();
  const ahead = admitRecord(ports, recordOf({ timestampMs: NOW_MS + 6_000 }));
  await assert.rejects(ahead, /at most 5000 ms ahead \(got 6000\)$/);
  const record: SourceRecord = recordOf({
    value: NOT_AN_IMAGE,
    headers: { ...PNG, subject: "grace" },
  });
  await assert.rejects(admitRecord(ports, record), (error) => !String(error).includes("grace"));
});
