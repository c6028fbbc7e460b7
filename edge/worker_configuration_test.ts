import assert from "node:assert/strict";
import { test } from "node:test";
import { tenantFile } from "@tintype/core/configuration/tenant_files";
import { DAYS_FILE, parseDaySalts, serializeDaySalts } from "@tintype/core/model/day_salts";
import type { ObjectName } from "@tintype/core/model/object_name";
import { dayOf } from "@tintype/core/model/utc_day";
import { eventually } from "@tintype/core/testing/eventually";
import { readProblem } from "./_assertions.ts";
import { idAt } from "./_testing.ts";
import { jsonOf } from "./_local_cloud.ts";
import { askWorker, TestCloud } from "./_worker_testing.ts";

const DAY_MS = 86_400_000;
const DAYS = DAYS_FILE as ObjectName; // a name of the configuration bucket
const cloud = new TestCloud();

/** Puts a text in the place of an object of the configuration bucket. */
async function put(name: ObjectName, text: string): Promise<void> {
  const { config } = cloud.local;
  const bytes = new TextEncoder().encode(text);
  const write = { contentType: "application/json", customTimeMs: 0 };
  const facts = await config.stat(name);
  if (facts === null) await config.create(name, bytes, write);
  else await config.replace(name, bytes, { ...write, ifGeneration: facts.generation });
}

type Line = Readonly<Record<string, unknown>>;

/** What a worker has logged of its configuration. */
function problemsOf(output: string): Line[] {
  return output.split("\n").filter((line) => line.startsWith("{"))
    .map((line): Line => JSON.parse(line))
    .filter(({ event }) => event === "configuration_invalid");
}

/** The same, once there is one: a line comes after the response that it is about. */
async function problemsIn(worker: { output(): string }): Promise<Line[]> {
  return await eventually("a line", () => {
    const problems = problemsOf(worker.output());
    return problems.length > 0 && problems;
  });
}

const UPLOAD = jsonOf({ contentType: "image/png", size: 9 });

test("a tenant whose object is wrong is 503 and logged by file and code; another one is served", async () => {
  await put(tenantFile("broken"), '{"maxBytes": "CANARY"}');
  await using worker = await cloud.startWorkerd();
  const start = async (tenant: string) =>
    await askWorker(worker, "POST /v1/uploads", {
      ...UPLOAD,
      token: await cloud.local.token({ tenant }),
    });
  const broken = await start("broken");
  assert.equal((await readProblem(broken, 503)).code, "unavailable");
  assert.equal((await start("acme")).status, 201);
  assert.equal((await start("nobody-configured-it")).status, 201);
  const [problem, ...others] = await problemsIn(worker);
  assert.deepEqual(others, []);
  const logged = [problem?.["file"], problem?.["code"]];
  assert.deepEqual(logged, ["tenants/broken.json", "invalid_config"]);
  assert.ok(!worker.output().includes("CANARY"));
});

test("days that are missing or wrong are 503 and logged, but for ids that are no day's any more", async () => {
  const bytes = await cloud.local.config.read(DAYS) ?? new Uint8Array();
  const days = parseDaySalts(bytes);
  const [salt = ""] = days.map((each) => each.salt);
  const yesterday = dayOf(Date.now() - DAY_MS);
  const others = serializeDaySalts(days.filter(({ day }) => day !== yesterday));
  await put(DAYS, new TextDecoder().decode(others));
  const token = await cloud.local.token();
  await using workers = new AsyncDisposableStack();
  const one = workers.use(await cloud.startWorkerd());
  const read = async (timeMs: number) =>
    (await askWorker(one, `GET /v1/images/${idAt(timeMs)}`, { token })).status;
  for (const [days, status] of [[0, 404], [1, 503], [8, 404]] as const) {
    assert.equal(await read(Date.now() - days * DAY_MS), status);
  }
  assert.deepEqual(problemsOf(one.output()), []);

  await put(DAYS, `{"days":[{"day":"x","salt":"${salt}"}]}`);
  const two = workers.use(await cloud.startWorkerd());
  const answer = await askWorker(two, "GET /v1/images", { token });
  assert.equal((await readProblem(answer, 503)).code, "unavailable");
  const [problem] = await problemsIn(two);
  assert.deepEqual([problem?.["file"], problem?.["code"]], [DAYS_FILE, "invalid_config"]);
  assert.ok(!two.output().includes(salt));
  assert.equal(await read(Date.now()), 404, "what was good stays in effect for who has it");
});
