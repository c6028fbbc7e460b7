import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAX_BUNDLE_BYTES = 400_000;

/** What `wrangler deploy --dry-run` says and writes, for production or an environment. */
async function dryRun(environment: "" | "preview") {
  const folder = await mkdtemp(join(tmpdir(), "tintype-bundle-"));
  try {
    const { stdout } = await run(process.execPath, [
      "node_modules/wrangler/bin/wrangler.js",
      ...["deploy", "--dry-run", "--outdir", folder, "--env", environment],
    ], {
      cwd: ROOT,
      // Quiet, offline, and with nothing of the machine's but programs.
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: folder,
        CI: "true",
        WRANGLER_SEND_METRICS: "false",
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        WRANGLER_LOG_PATH: folder,
      },
    });
    const names = (await readdir(folder)).filter((name) => name.endsWith(".js"));
    const scripts = await Promise.all(names.map((name) => readFile(join(folder, name))));
    return { said: stdout, scripts };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** With the limits that responses name (`edge/services.ts`). */
const BINDINGS = [
  ...["ADDRESS_LIMITER (600 requests/60s)", "OWNER_LIMITER (600 requests/60s)"],
  ...["TENANT_QUOTA", "TENANT_GRANTS"],
  ...["RAW_BUCKET", "ASSETS", "ERASURES_BUCKET", "CONFIG_BUCKET"],
];

test("wrangler would deploy production and a preview: all bindings, one small script", async () => {
  for (const { said, scripts } of await Promise.all([dryRun(""), dryRun("preview")])) {
    for (const binding of BINDINGS) assert.ok(said.includes(`env.${binding} `), said);
    const [script] = scripts;
    assert.ok(script !== undefined && scripts.length === 1);
    assert.ok(script.length <= MAX_BUNDLE_BYTES, `${script.length} bytes`);
    assert.ok(script.length > 50_000, "it holds the worker");
    const text = script.toString();
    assert.ok(!text.includes("core/testing") && !text.includes("MemoryObjectStore"));
    assert.ok(!text.includes("#/components/schemas"), "the document's generator stays out");
  }
});

test("wrangler.toml names every secret that the worker needs, and holds none", async () => {
  const toml = await readFile(join(ROOT, "wrangler.toml"), "utf8");
  for (
    const secret of ["SIGNING_KEY", "ORIGINALS_KEY", "PSEUDONYM_KEYS", "CURSOR_KEY", "GRANT_KEY"]
  ) {
    assert.match(toml, new RegExp(`^#.*\\b${secret}\\b`, "m"));
    assert.doesNotMatch(toml, new RegExp(`^${secret}\\s*=`, "m"));
  }
});

test("wrangler.toml has a place for production's host, which the preview does not inherit", async () => {
  const toml = await readFile(join(ROOT, "wrangler.toml"), "utf8");
  const [, production = "", preview = ""] = /^([^]*)\n\[env\.preview\]\n([^]*?)\n\[/.exec(toml) ??
    [];
  assert.match(production, /^(# )?routes = \[\{ pattern = /m);
  assert.match(preview, /^routes = \[\]$/m);
});
