import assert from "node:assert/strict";
import { test } from "node:test";
import { tenantFile } from "@tintype/core/configuration/tenant_files";
import { eventually } from "@tintype/core/testing/eventually";
import { readProblem } from "./_assertions.ts";
import { jsonOf } from "./_local_cloud.ts";
import { askWorker, TestCloud } from "./_worker_testing.ts";

const cloud = new TestCloud();

type Line = Readonly<Record<string, unknown>>;

/** What a worker has logged of its configuration, once there is a line: it comes after the response that it is about. */
async function problemsIn(worker: { output(): string }): Promise<Line[]> {
  return await eventually("a line", () => {
    const problems = worker.output().split("\n").filter((line) => line.startsWith("{"))
      .map((line): Line => JSON.parse(line))
      .filter(({ event }) => event === "configuration_invalid");
    return problems.length > 0 && problems;
  });
}

const UPLOAD = jsonOf({ contentType: "image/png", size: 9 });

test("a tenant whose object is wrong is 503 and logged by file and code; another one is served", async () => {
  const bytes = new TextEncoder().encode('{"maxBytes": "CANARY"}');
  const write = { contentType: "application/json", customTimeMs: 0 };
  await cloud.local.config.create(tenantFile("broken"), bytes, write);
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
