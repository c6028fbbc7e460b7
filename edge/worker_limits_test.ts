import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { readAs, readProblem } from "./_assertions.ts";
import { PNG } from "./_testing.ts";
import { jsonOf } from "./_local_cloud.ts";
import { askWorker, inOneWindow, newImageId, TestCloud } from "./_worker_testing.ts";
import { erasureResults, imageSummary, limits } from "./schemas.ts";

const skipMemory = existsSync("/proc/self/status") ? false : "there is no /proc here";
const MIB = 1024 * 1024;
const BODY_BYTES = 10 * MIB;
const FEW = 10;
const MANY = 24;
/** Half of the bytes that are more under way: a body costs its streams' buffers, not itself. */
const MAX_GROWTH_BYTES = (MANY - FEW) * BODY_BYTES / 2;

const edge = new TestCloud((cloud) =>
  cloud.startWorkerd({}, { OWNER_LIMITER: 600, ADDRESS_LIMITER: 600 })
);

/** Resident bytes of a process. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024;
}

test(
  "bodies of 10 MiB pass through workerd to storage whole, with their digests, and are not held",
  { skip: skipMemory },
  async () => {
    const body = new Uint8Array(BODY_BYTES);
    body.set(PNG);
    const query = `?sha256=${createHash("sha256").update(body).digest("hex")}`;
    const peakOf = async (bodies: number) => {
      let peak = 0;
      const look = async () => void (peak = Math.max(peak, await residentBytes(edge.worker.pid)));
      const watch = setInterval(look, 50);
      const send = (_: unknown, at: number) =>
        edge.sendPng(body, query, { tenant: `sender-${at}` });
      const responses = await Promise.all(Array.from({ length: bodies }, send));
      clearInterval(watch);
      await look();
      for (const response of responses) {
        const { imageId } = await readAs(imageSummary, response, 202);
        assert.equal((await edge.rawObjectOf(imageId)).size, String(BODY_BYTES));
      }
      return peak;
    };
    const few = await peakOf(FEW);
    const growth = await peakOf(MANY) - few;
    assert.ok(few > 0);
    assert.ok(growth < MAX_GROWTH_BYTES, `${Math.round(growth / MIB)} MiB more than with ${FEW}`);
  },
);

test("a tenant at ten times its rate is limited, and every request of another succeeds", async () => {
  const askOften = async (times: number, tenant: string, address: string) => {
    const token = await edge.local.token({ tenant, sub: tenant });
    const headers = { "CF-Connecting-IP": address };
    return await Promise.all(Array.from({ length: times }, async () => {
      const answer = await askWorker(edge.worker, "GET /v1/none", { token, headers });
      await answer.arrayBuffer();
      return answer;
    }));
  };
  const [one, other, calm] = await inOneWindow((turn) =>
    Promise.all([
      askOften(700, `noisy-${turn}`, `203.0.113.${turn}`),
      askOften(600, `noisy-${turn}`, `192.0.2.${turn}`),
      askOften(100, `calm-${turn}`, `198.51.100.${turn}`),
    ])
  );
  const noisy = [...one, ...other];
  assert.ok(calm.every(({ status }) => status === 404), "through the limits, to no page");
  const passed = noisy.filter(({ status }) => status === 404);
  const limited = noisy.filter(({ status }) => status === 429);
  assert.equal(passed.length + limited.length, 1_300);
  assert.equal(passed.length, 600);
  for (const name of ["retry-after", "ratelimit", "ratelimit-policy"]) {
    assert.ok(limited.every(({ headers }) => headers.has(name)), name);
  }
  const byPolicy = new Set(limited.map(({ headers }) => headers.get("ratelimit-policy")));
  assert.deepEqual(byPolicy, new Set(['"owner";q=600;w=60', '"address";q=600;w=60']));
});

test("a tenant's day takes exactly its images, and a retry counts once", async () => {
  const tenant = { tenant: "small" };
  const imageId = newImageId();
  const start = (body: object) => {
    const declared = { contentType: "image/png", size: 1_000, ...body };
    return edge.ask("POST /v1/uploads", jsonOf(declared), tenant);
  };
  assert.equal((await start({ imageId })).status, 201);
  assert.equal((await start({ imageId })).status, 201);
  const many = await Promise.all(Array.from({ length: 10 }, () => start({})));
  assert.deepEqual(many.map(({ status }) => status).sort(), [201, ...Array(9).fill(429)]);
  const full = await start({});
  const seconds = Number(full.headers.get("retry-after"));
  assert.ok(seconds > 0 && seconds <= 86_400);
  assert.deepEqual([full.headers.get("ratelimit-policy"), full.headers.get("ratelimit")], [
    '"images";q=2;w=86400, "bytes";q=50000000000;w=86400;qu="content-bytes"',
    `"images";r=0;t=${seconds}, "bytes";r=49999998000;t=${seconds}`,
  ]);
  assert.equal((await readProblem(full, 429)).code, "quota_exceeded");
  assert.equal((await start({ imageId })).status, 201, "counted already");
  const left = await readAs(limits, await edge.ask("GET /v1/limits", {}, tenant));
  assert.deepEqual(left.images, { perDay: 2, left: 0 });
  assert.equal(left.bytes?.left, 49_999_998_000);
});

test("a tenant's day takes exactly its erasures: repeated ones are free, and many in one call are each counted", async () => {
  const tenant = { tenant: "small", sub: "eraser" };
  const erase = (imageId: string) => edge.ask(`DELETE /v1/images/${imageId}`, {}, tenant);
  const first = newImageId();
  for (let times = 0; times < 5; times++) assert.equal((await erase(first)).status, 202);
  const others = Array.from({ length: 6 }, newImageId);
  const json = jsonOf({ imageIds: [first, ...others] });
  const many = await edge.ask("POST /v1/erasures", json, tenant);
  const seconds = Number(many.headers.get("retry-after"));
  assert.ok(seconds > 0 && seconds <= 86_400);
  assert.equal(many.headers.get("ratelimit-policy"), '"erasures";q=3;w=86400');
  assert.equal(many.headers.get("ratelimit"), `"erasures";r=0;t=${seconds}`);
  const { results } = await readAs(erasureResults, many, 202);
  const expected = [...Array(3).fill("accepted"), ...Array(4).fill(429)];
  assert.deepEqual(results.map(({ status }) => status), expected);
  const full = await erase(newImageId());
  assert.equal((await readProblem(full, 429)).code, "quota_exceeded");
  assert.equal((await erase(others[1] ?? "")).status, 202, "requested already");
  const other = await edge.ask(`DELETE /v1/images/${newImageId()}`, {}, { tenant: "calm" });
  assert.equal(other.status, 202, "another tenant's day");
});

test("one owner takes a share of the tenant's erasures, and no image is asked for without end", async () => {
  const eraseAs = async (sub: string, count: number) => {
    const json = jsonOf({ imageIds: Array.from({ length: count }, newImageId) });
    const answer = await edge.ask("POST /v1/erasures", json, { tenant: "shared", sub });
    const { results } = await readAs(erasureResults, answer, 202);
    const accepted = results.filter(({ status }) => status === "accepted").length;
    return [accepted, answer.headers.get("ratelimit-policy")];
  };
  assert.deepEqual(await eraseAs("greedy", 49), [49, null]);
  assert.deepEqual(await eraseAs("greedy", 2), [1, '"erasures";q=50;w=86400']);
  assert.deepEqual(await eraseAs("modest", 11), [10, '"erasures";q=60;w=86400']);
  const body = jsonOf({ contentType: "image/png", size: 1_000, imageId: newImageId() });
  const start = () => edge.ask("POST /v1/uploads", body, { tenant: "shared", sub: "endless" });
  const many = await Promise.all(Array.from({ length: 40 }, start));
  assert.equal(many.filter(({ status }) => status === 201).length, 32);
  const full = many.find(({ status }) => status === 429) ?? assert.fail();
  assert.match(full.headers.get("ratelimit-policy") ?? "", /"uploads-of-image";q=32;w=86400$/);
});

test("an id that is asked for again with more bytes counts by the most", async () => {
  const imageId = newImageId();
  const start = async (body: object) => {
    const declared = { contentType: "image/png", ...body };
    return (await edge.ask("POST /v1/uploads", jsonOf(declared), { tenant: "few-bytes" })).status;
  };
  assert.equal(await start({ imageId, size: 1 }), 201);
  assert.equal(await start({ imageId, size: 2_000 }), 201);
  assert.equal(await start({ size: 1_001 }), 429, "2,000 of 3,000 bytes are counted");
  assert.equal(await start({ imageId, size: 3_001 }), 429, "no room to grow");
  assert.equal(await start({ size: 1_000 }), 201, "what did not fit took nothing");
  assert.equal(await start({ imageId, size: 2_000 }), 201, "counted already");
});

test("a refused body gives the day its image back", async () => {
  const giver = { tenant: "small-too", sub: "giver" };
  for (let times = 0; times < 3; times++) {
    const wrong = await edge.sendPng(PNG, `?sha256=${"0".repeat(64)}`, giver);
    assert.equal(wrong.status, 422);
  }
  assert.equal((await edge.sendPng(PNG, "", giver)).status, 202);
});
