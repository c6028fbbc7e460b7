import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError, type ErrorCode } from "../errors.ts";
import { firstImageIdOf, makeImageId, t0OfImageId } from "../model/image_id.ts";
import { rawName } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { DEFAULT_PLAN } from "../model/tenant_plan.ts";
import type { SessionOptions, UploadSessions } from "../ports/upload_sessions.ts";
import { RETENTION_POLICY, retentionPolicyOf } from "../retention/policy.ts";
import { MemoryQuota } from "../testing/memory_quota.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { startUpload, type StartUploadInput } from "./start_upload.ts";

const DAY_MS = 86_400_000;
const { periodMs, closingMs } = RETENTION_POLICY;
const ref = sampleRef(NOON_MS);

/** Remembers what was started; answers an address, or throws what it is given. */
class FakeSessions implements UploadSessions {
  readonly started: { readonly name: string; readonly options: SessionOptions }[] = [];
  failure: Error | undefined;

  async start(name: string, options: SessionOptions): Promise<{ url: string }> {
    this.started.push({ name, options });
    if (this.failure !== undefined) throw this.failure;
    return { url: `https://storage.example/session/${this.started.length}` };
  }
}

function setUp(nowMs: number = NOON_MS) {
  const world = new TestWorld({ nowMs });
  const sessions = new FakeSessions();
  const quota = new MemoryQuota();
  let chance = 0;
  const random = (count: number) => new Uint8Array(count).fill(++chance);
  const { raw, processed, erasures, clock } = world;
  const ports = { raw, processed, erasures, clock, sessions, quota, random };
  const start = (values: Partial<StartUploadInput> = {}) => startUpload(ports, inputOf(values));
  return { world, sessions, quota, start };
}

function inputOf(values: Partial<StartUploadInput> = {}): StartUploadInput {
  return {
    tenant: ref.tenant,
    ownerAt: () => Promise.resolve(ref.owner),
    plan: DEFAULT_PLAN,
    policy: RETENTION_POLICY,
    declaration: { contentType: "image/png", size: 69 },
    ...values,
  };
}

test("startUpload() starts a session under the owner of T0's day, with what was declared", async () => {
  const { start, sessions, quota } = setUp();
  const origin = "https://app.example";
  const said = { sha256: "a".repeat(64), crc32c: "AAAAAA==", ref: "invoice-7" };
  const declaration = { contentType: "image/jpg", size: 69, ...said };
  const asked: number[] = [];
  const ownerAt = (timeMs: number) => {
    asked.push(timeMs);
    return Promise.resolve(ref.owner);
  };
  const started = await start({ declaration, origin, ownerAt });
  assert.ok(started.kind === "started");
  assert.deepEqual(asked, [NOON_MS]);
  assert.equal(t0OfImageId(started.imageId), NOON_MS);
  assert.deepEqual(started, {
    kind: "started",
    imageId: started.imageId,
    url: "https://storage.example/session/1",
    contentType: "image/jpeg",
    purgeAtMs: NOON_MS + periodMs,
    expiresAtMs: NOON_MS + periodMs - closingMs,
  });
  const [session] = sessions.started;
  assert.equal(session?.name, rawName({ ...ref, imageId: started.imageId }));
  assert.deepEqual({ ...session?.options, signal: undefined }, {
    contentType: "image/jpeg",
    size: 69,
    customTimeMs: NOON_MS,
    metadata: { source: "edge", size: "69", ...said },
    origin,
    signal: undefined,
  });
  assert.deepEqual(quota.held(), [started.imageId]);
});

const declaring = (values: Partial<StartUploadInput["declaration"]>) => ({
  declaration: { contentType: "image/png", size: 69, ...values },
});
const idOf = (timeMs: number) => ({ imageId: firstImageIdOf(timeMs) });
/** Its write cutoff is a second before its end. */
const SHORT = retentionPolicyOf(84_000);

const REFUSALS: readonly (readonly [string, ErrorCode, Partial<StartUploadInput>])[] = [
  ["a type that is not processed", "unsupported_type", declaring({ contentType: "image/jp2" })],
  ["an id that is none", "invalid_request", { imageId: "1" }],
  ["an id of more than 24 h ago", "invalid_request", idOf(NOON_MS - DAY_MS - 1)],
  ["an id more than 5 s ahead", "invalid_request", idOf(NOON_MS + 5001)],
  ["an id whose period is over", "invalid_request", idOf(NOON_MS - periodMs)],
  ["an id behind its write cutoff", "invalid_request", {
    ...idOf(NOON_MS - 83_000),
    policy: SHORT,
  }],
  ["more bytes than the plan allows", "too_large", declaring({ size: DEFAULT_PLAN.maxBytes + 1 })],
];

for (const [what, code, values] of REFUSALS) {
  test(`startUpload() refuses ${what}: nothing is started and nothing counted, and no salt is needed`, async () => {
    const { start, sessions, quota } = setUp();
    const isLive = what.includes("24 h") || what.includes("cutoff");
    const ownerAt = () =>
      isLive ? Promise.resolve(ref.owner) : assert.fail("the owner was derived");
    await assert.rejects(start({ ownerAt, ...values }), { code });
    assert.deepEqual([sessions.started, quota.held()], [[], []]);
  });
}

test("startUpload() returns no session that the tenant's day has no room for", async () => {
  const { start, quota } = setUp();
  const plan = { ...DEFAULT_PLAN, bytesPerDay: 68 };
  await assert.rejects(start({ plan }), { code: "quota_exceeded" });
  assert.deepEqual(quota.held(), []);
});

test("startUpload() counts while the session starts: neither waits for the other", async () => {
  const { sessions, quota, start } = setUp();
  const order: string[] = [];
  const slow = async (name: string) => {
    order.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    order.push(`${name} ends`);
  };
  quota.reserve = () => slow("count");
  sessions.start = () => slow("start").then(() => ({ url: "https://storage.example/s" }));
  await start();
  assert.deepEqual(order.slice(0, 2).toSorted(), ["count begins", "start begins"]);
});

test("startUpload() takes a client's own id at both ends of its window, and makes another one each time", async () => {
  const { start, quota } = setUp();
  for (const timeMs of [NOON_MS - DAY_MS, NOON_MS + 5000]) {
    const imageId = makeImageId(timeMs, new Uint8Array(10).fill(9));
    const started = await start({ imageId: imageId.toUpperCase() });
    assert.equal(started.kind === "started" && started.imageId, imageId);
  }
  await start({ ...idOf(NOON_MS - 82_999), policy: SHORT });
  for (let time = 0; time < 3; time++) await start();
  assert.equal(new Set(quota.held().filter((id) => t0OfImageId(id) === NOON_MS)).size, 3);
});

const SHA256 = "ab".repeat(32);
for (
  const [isDone, values, isSame, ageMs = 0] of [
    [false, { size: 69, sha256: SHA256 }, true],
    [false, { size: 70 }, false],
    [true, { size: 2_000_000 }, true],
    [true, { size: 2_000_000, sha256: SHA256 }, true, DAY_MS + 1],
    [true, { size: 2_000_000, sha256: SHA256 }, true, periodMs - 1],
    [true, { size: 2_000_000, sha256: "0".repeat(64) }, false],
    [true, { size: 1_999_999, sha256: SHA256 }, false],
  ] as const
) {
  const what = `${isDone ? "a finished image" : "one under way"} for ${JSON.stringify(values)}`;
  test(`startUpload() ${isSame ? "answers" : "has a conflict with"} ${what}, ${ageMs} ms old`, async () => {
    const { world, start, sessions, quota } = setUp();
    const manifest = await (isDone ? world.finish(ref) : world.upload(ref));
    world.clock.nowMs += ageMs;
    const starting = start({ imageId: ref.imageId, ...declaring(values) });
    const image = isDone
      ? { state: "done", ref, manifest }
      : { state: "processing", ref, bytes: 69 };
    if (isSame) assert.deepEqual(await starting, { kind: "exists", image });
    else await assert.rejects(starting, { code: "conflict" });
    world.clock.nowMs = NOON_MS + periodMs;
    await assert.rejects(
      start({ imageId: ref.imageId }),
      { code: "invalid_request" },
      "it is over",
    );
    assert.deepEqual([sessions.started, quota.held()], [[], []]);
  });
}

test("startUpload() refuses an erased id, whether or not anything of it is left", async () => {
  const { world, start, sessions } = setUp();
  await world.requestErasure(ref);
  await assert.rejects(start({ imageId: ref.imageId }), { code: "erased" });
  await world.upload(ref);
  await assert.rejects(start({ imageId: ref.imageId }), { code: "erased" });
  assert.deepEqual(sessions.started, []);
});

test("startUpload() treats another owner's id as an id that never was", async () => {
  const { world, start } = setUp();
  await world.upload({ ...ref, owner: parseOwner("z".repeat(20)) });
  const started = await start({ imageId: ref.imageId });
  assert.equal(started.kind, "started");
});

test("startUpload() again with the same id starts another session and counts once, also where that one fails", async () => {
  const { start, sessions, quota } = setUp();
  for (const count of [1, 2]) {
    const started = await start({ imageId: ref.imageId });
    const url = started.kind === "started" && started.url;
    assert.equal(url, `https://storage.example/session/${count}`);
  }
  sessions.failure = new AppError("unavailable", "Storage is away");
  await assert.rejects(start({ imageId: ref.imageId }), sessions.failure);
  assert.deepEqual(quota.held(), [ref.imageId], "an earlier session of it may be alive");
});

test("startUpload() gives the day its image back when there is no session for an id made here", async () => {
  const { start, sessions, quota } = setUp();
  sessions.failure = new AppError("unavailable", "Storage is away");
  await assert.rejects(start(), sessions.failure);
  assert.deepEqual(quota.held(), []);
  quota.release = () => Promise.reject(new Error("the counter is away too"));
  await assert.rejects(start(), sessions.failure);
});
