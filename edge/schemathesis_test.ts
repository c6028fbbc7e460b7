import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { pythonEnvironment } from "@tintype/cli/python_environment";
import { startLocalCloud, startWorker } from "./_local_cloud.ts";
import { ALL_SCOPES } from "./_testing.ts";

const run = promisify(execFile);
const { bin, missing: skip } = pythonEnvironment("schemathesis==4.32.5");
const RUN_MS = 300_000;
const CHECKS = [
  ...["not_a_server_error", "status_code_conformance", "content_type_conformance"],
  ...["response_headers_conformance", "response_schema_conformance", "unsupported_method"],
  ...["allow_header_conformance", "negative_data_rejection", "missing_required_header"],
  "ignored_auth",
];

/** Its default but for 413, which refuses a wrong body that is too long to be read. */
const REFUSALS = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"];
const SETTINGS = `[checks.negative_data_rejection]\nexpected-statuses = ${
  JSON.stringify(REFUSALS)
}\n`;

/** One operation waits for images that never come, up to 20 seconds each: it runs beside all others. */
const PARTS = [["--include-operation-id", "readImage"], ["--exclude-operation-id", "readImage"]];

test(
  "schemathesis finds no 5xx and no answer that /openapi.json does not document",
  { skip },
  async () => {
    const plenty = { _default: { imagesPerDay: 1_000_000 } };
    await using cloud = await startLocalCloud(undefined, plenty);
    await using worker = await startWorker(cloud, { requestsPerMinute: 1_000_000 });
    const token = await cloud.token({
      scope: `${ALL_SCOPES} images:read:tenant images:delete:tenant`,
      ttlSeconds: 3_000,
    });
    const folder = await mkdtemp(join(tmpdir(), "tintype-schemathesis-"));
    try {
      await writeFile(join(folder, "schemathesis.toml"), SETTINGS);
      const generated = await Promise.all(PARTS.map((part) =>
        generatedBy([
          ...["run", `${worker.url}/openapi.json`, ...part, "--checks", CHECKS.join(",")],
          ...["--header", `Authorization: Bearer ${token}`, "--request-timeout", "30"],
          ...["--phases", "examples,coverage,fuzzing", "--max-examples", "10", "--seed", "1"],
          ...["--warnings", "off", "--continue-on-failure", "--no-color"],
        ], folder)
      ));
      const sum = generated.reduce((all, count) => all + count, 0);
      assert.ok(sum > 200, `it made its requests: ${sum}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

/** Runs schemathesis and gives how many requests it generated; throws its report where it found something. */
async function generatedBy(args: readonly string[], cwd: string): Promise<number> {
  const options = { cwd, timeout: RUN_MS, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await run(join(bin, "schemathesis"), args, options).catch((error: unknown) => {
    const report = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
    throw new assert.AssertionError({ message: report.slice(-8_000) || String(error) });
  });
  return Number(/(\d+) generated/.exec(stdout)?.[1] ?? 0);
}
