import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { after, before, test } from "node:test";
import {
  inOneWindow,
  lacksLocalCloud,
  type LocalCloud,
  type LocalWorker,
  startLocalCloud,
  startWorker,
} from "./_local_cloud.ts";
import { PNG } from "./_testing.ts";
import { bundleWorker, startWorkerd } from "./_workerd_fixture.ts";

const skip = lacksLocalCloud;
const skipMemory = skip || (existsSync("/proc/self/status") ? false : "there is no /proc here");
const MIB = 1024 * 1024;
const BODY_BYTES = 10 * MIB;
const FEW = 10;
const MANY = 50;
/** A third of the bytes that are more under way: what the garbage collector is behind, not the bodies. */
const MAX_GROWTH_BYTES = (MANY - FEW) * BODY_BYTES / 3;

let cloud: LocalCloud;
let worker: LocalWorker;

before(async () => {
  if (skip) return;
  cloud = await startLocalCloud();
  worker = await startWorker(cloud);
});

after(async () => {
  await worker?.[Symbol.asyncDispose]();
  await cloud?.[Symbol.asyncDispose]();
});

/** Resident bytes of a process. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024;
}

test(
  "fifty bodies of 10 MiB at once pass through workerd without being held",
  { skip: skipMemory },
  async () => {
    const script = await bundleWorker({ node: process.execPath });
    await using bare = await startWorkerd({ script, vars: { ...cloud.vars, ...cloud.secrets } });
    const body = new Uint8Array(BODY_BYTES);
    body.set(PNG);
    const send = async (tenant: string) => {
      const token = await cloud.token({ tenant, sub: "sender" });
      const headers = { Authorization: `Bearer ${token}`, "Content-Type": "image/png" };
      const answer = await fetch(new URL("/v1/images", bare.url), {
        method: "POST",
        headers,
        body,
      });
      await answer.arrayBuffer();
      return answer.status;
    };
    const peakOf = async (bodies: number) => {
      let peak = 0;
      const look = async () => void (peak = Math.max(peak, await residentBytes(bare.pid)));
      const watch = setInterval(look, 50);
      const all = Array.from({ length: bodies }, (_, at) => send(`sender-${at}`));
      const statuses = new Set(await Promise.all(all));
      clearInterval(watch);
      assert.deepEqual(statuses, new Set([202]));
      await look();
      return peak;
    };
    const few = await peakOf(FEW);
    const growth = await peakOf(MANY) - few;
    assert.ok(few > 0);
    assert.ok(growth < MAX_GROWTH_BYTES, `${Math.round(growth / MIB)} MiB more than with ${FEW}`);
  },
);

test(
  "a tenant at ten times its rate is limited, and every request of another succeeds",
  { skip },
  async () => {
    const askOften = async (times: number, tenant: string, address: string) => {
      const token = await cloud.token({ tenant, sub: tenant });
      const headers = { Authorization: `Bearer ${token}`, "CF-Connecting-IP": address };
      return await Promise.all(Array.from({ length: times }, async () => {
        const answer = await fetch(new URL("/v1/none", worker.url), { headers });
        await answer.arrayBuffer();
        return answer;
      }));
    };
    const [noisy, calm] = await inOneWindow((turn) =>
      Promise.all([
        askOften(1_200, `noisy-${turn}`, `203.0.113.${turn}`),
        askOften(100, `calm-${turn}`, `198.51.100.${turn}`),
      ])
    );
    const statuses = calm.map(({ status }) => status);
    assert.deepEqual(
      new Set(statuses),
      new Set([404]),
      "through the limits, to a page that is not",
    );
    const passed = noisy.filter(({ status }) => status === 404);
    const limited = noisy.filter(({ status }) => status === 429);
    assert.equal(passed.length + limited.length, 1_200);
    assert.equal(passed.length, 120);
    for (const name of ["retry-after", "ratelimit", "ratelimit-policy"]) {
      assert.ok(limited.every(({ headers }) => headers.has(name)), name);
    }
    const byPolicy = new Set(limited.map(({ headers }) => headers.get("ratelimit-policy")));
    assert.deepEqual(byPolicy, new Set(['"owner";q=120;w=60', '"address";q=600;w=60']));
  },
);
