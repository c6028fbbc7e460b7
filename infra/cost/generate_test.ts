import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DEFAULT_PLAN } from "@tintype/core/model/tenant_plan";
import { MAX_RENDER_MS } from "@tintype/core/processing/pixel_limits";
import { seededRandom } from "@tintype/core/seeded_random";
import { aims } from "./aims.ts";
import { billOf } from "./bill.ts";
import { cpuMsOf, FIGURES, PRICES, PROFILES } from "./facts.ts";
import { costFiles } from "./generate.ts";
import { limits } from "./limits.ts";
import { SCENARIOS } from "./scenarios.ts";
import { instanceUsdPerS, poisson, type Scenario, simulate, type Source } from "./simulate.ts";

test("docs/cost.md and its plots are what the program prints, and no simulated day delays an image", () => {
  const days = SCENARIOS.map(simulate);
  for (const [path, text] of costFiles(days)) {
    assert.equal(readFileSync(path, "utf8"), text, `${basename(path)}: run \`npx deno task cost\``);
  }
  for (const { scenario: { name }, p99S, unready } of days) {
    assert.ok(p99S <= 2 && unready === 0, `${name}: ${p99S} s, ${unready} are not ready`);
  }
});

test("the command says what it does, and refuses what it does not know", () => {
  const path = fileURLToPath(new URL("generate.ts", import.meta.url));
  const ran = (flag: string) => spawnSync(process.execPath, [path, flag], { encoding: "utf8" });
  assert.match(ran("--help").stdout, /^Usage: (npx )?deno task cost\b/);
  assert.deepEqual([ran("--help").status, ran("--nonsense").status], [0, 2]);
});

test("every price has an address or is marked as not found, and a use", () => {
  for (const { id, source } of PRICES) assert.match(source, /^(\[\?\]|https:\/\/\S+)$/, id);
  assert.equal(new Set(PRICES.map(({ id }) => id)).size, PRICES.length);
});

test("a bill is the sum of its parts, and free units are free", () => {
  for (const profile of ["economical", "resilient"] as const) {
    const bill = billOf(1e6, profile);
    const sum = [...bill.parts.values()].reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - bill.usd) < 1e-6 * bill.usd);
    assert.equal((bill.parts.get("keys") ?? 0) > 0, PROFILES[profile].hasOwnKeys);
  }
  assert.equal(billOf(100).parts.get("Cloud Run"), 0, "a few images cost no processing");
});

test("two forms of a rendition cost where few bytes are fetched and save where many are", () => {
  for (const profile of ["economical", "resilient"] as const) {
    const added = [100_000, 500_000, 4_000_000].map((viewedBytes) => {
      const [one = 0, two = 0] = [false, true].map((hasTwoForms) =>
        billOf(1e6, profile, { viewedBytes, hasTwoForms }).usdPerMillion
      );
      return two - one;
    });
    const [few = 0, assumed = 0, many = 0] = added;
    assert.ok(few > assumed && assumed > 0 && many < 0, `${profile}: ${added}`);
  }
});

test("each tier's price holds for what lies in it", () => {
  const bill = billOf(1e6);
  const egress = bill.lines.find(({ price }) => price.id === "egress.internet") ?? assert.fail();
  const gib = egress.usage / 2 ** 30;
  assert.ok(gib > 10_240 && gib < 153_600);
  assert.ok(Math.abs(egress.usd - (10_240 * 0.12 + (gib - 10_240) * 0.11)) < 1e-6);
});

test("a million images cost what is aimed at where a CDN stands in front, and little more without", () => {
  for (const { name, usd, target, isMet } of aims()) {
    assert.ok(isMet || !name.endsWith("cdn") && usd < 1.06 * target, `${name}: ${usd} USD`);
  }
});

test("configured figures are those of the code and of Terraform", () => {
  const read = (path: string) =>
    readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
  const variables = read("infra/terraform/variables.tf");
  const optional = (name: string) =>
    Number(new RegExp(`${name}\\s+= optional\\(number, (\\d+)\\)`).exec(variables)?.[1]);
  const processor = {
    cpu: optional("cpu"),
    memory: optional("memory_mib") / 1024,
    pixelProcesses: optional("pixel_processes"),
    instances: optional("max_instances"),
    atMost: Number(/processor\.max_instances <= (\d+)/.exec(variables)?.[1]),
  };
  assert.deepEqual(processor, {
    cpu: FIGURES.vcpus,
    memory: FIGURES.memoryGib,
    pixelProcesses: FIGURES.pixelProcesses,
    instances: FIGURES.maxInstances,
    atMost: FIGURES.maxInstancesLimit,
  });
  const contract = read("infra/terraform/modules/contract/main.tf");
  for (const [name, { isRawPaired, hasOwnKeys }] of Object.entries(PROFILES)) {
    const [, paired, own] = new RegExp(
      `${name}\\s+= { is_raw_paired = (\\w+), has_own_keys = (\\w+) }`,
    ).exec(contract) ?? assert.fail(name);
    assert.deepEqual([paired, own], [String(isRawPaired), String(hasOwnKeys)], name);
  }
  assert.equal(DEFAULT_PLAN.imagesPerDay, FIGURES.tenantImagesPerDay);
  assert.equal(MAX_RENDER_MS, FIGURES.deadlineMs);
});

test("limits are sorted by what breaks first, and settings alone hold 10⁷ a day, and 10⁸", () => {
  const volumes = limits().map(({ imagesPerDay }) => imagesPerDay);
  assert.deepEqual(volumes, [...volumes].sort((a, b) => a - b));
  assert.ok(volumes.every((volume) => volume >= 1e7 && Number.isFinite(volume)));
  for (const { name, bySettings } of limits()) assert.ok(bySettings >= 1e8, name);
});

test("random numbers follow from their seed, and arrivals from their mean", () => {
  const [a, b] = [seededRandom(7), seededRandom(7)];
  assert.deepEqual(Array.from({ length: 5 }, a), Array.from({ length: 5 }, b));
  const random = seededRandom(1);
  for (const mean of [0.5, 12, 700]) {
    const counts = Array.from({ length: 2_000 }, () => poisson(random, mean));
    const measured = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    assert.ok(Math.abs(measured - mean) < 5 * Math.sqrt(mean / counts.length), `${measured}`);
  }
});

const everybody = (ratePerS: Source["ratePerS"]): Source => ({
  ratePerS,
  tenants: Array.from({ length: 20 }, (_, at) => `tenant-${at}`),
});
const quiet: Scenario = {
  name: "quiet",
  title: "",
  sources: [everybody(() => 0.2)],
  seed: 3,
};
/** One instance, and a quarter of an hour; the push window of a day before. */
const short = { ...quiet, minInstances: 1, maxInstances: 1, lengthS: 900, window: 3_000 };

test("a simulated day loses no image, and an image is never faster than its own work", () => {
  const day = simulate(quiet);
  assert.ok(Math.abs(day.images - 0.2 * 86_400) < 700);
  assert.deepEqual([day.slices.at(-1)?.queued, day.unready], [0, 0]);
  assert.ok(day.p50S >= cpuMsOf(1) / 1000 && day.p50S <= day.p95S && day.p95S <= day.worstS);
  assert.ok(day.runUsd <= day.peakInstances * 2 * 86_400 * instanceUsdPerS());
  assert.deepEqual(simulate(quiet), day);
});

test("a tenant whose images never end holds every slot, and the others' images are ready all the same", () => {
  const later = everybody((second) => second < 61 ? 0 : 0.5);
  const isFlood = (second: number) => second < 60 ? 10_000 / 60 : 0;
  const culprit = { ratePerS: isFlood, tenants: ["culprit"], isPoison: true };
  const before = simulate({ ...short, sources: [later] });
  const during = simulate({ ...short, sources: [culprit, later] });
  assert.equal(during.unready, 0);
  assert.ok(during.p50S <= 1.2 * before.p50S, `${during.p50S} s of ${before.p50S} s`);
  assert.ok(during.p95S <= 1.2 * before.p95S, `${during.p95S} s of ${before.p95S} s`);
});

test("a tenant that is alone uses 85 % of an instance", () => {
  const load = (tenants: Source): Scenario => ({ ...short, sources: [tenants] });
  const flood = () => 12;
  const worked = [everybody(flood), { ratePerS: flood, tenants: ["lone"] }].map((source) => {
    const [{ arrivalsPerS, minute, queued } = assert.fail()] = simulate(load(source)).slices;
    return arrivalsPerS * minute * 60 - queued;
  });
  const [spread = 0, lone = 0] = worked;
  assert.ok(lone >= 0.85 * spread, `${lone} of ${spread}`);
});
