import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { decodeJwt } from "jose";

test("serve.ts says where it listens, issues for that address and ends with 0 on SIGTERM", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tintype-issuer-"));
  t.after(() => rm(folder, { recursive: true }));
  const program = new URL("./serve.ts", import.meta.url).pathname;
  const env = { ...process.env, PORT: "0", DATA_DIR: join(folder, "made") };
  const child = spawn(process.execPath, [program], { env, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = await once(createInterface(child.stdout), "line");
  const { event, part, url } = JSON.parse(line);
  assert.deepEqual({ event, part }, { event: "listening", part: "oidc" });

  const body = JSON.stringify({ sub: "anna", tenant: "acme" });
  const answer = await fetch(`${url}/token`, { method: "POST", body });
  assert.equal(decodeJwt((await answer.json()).access_token).iss, url);

  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});
