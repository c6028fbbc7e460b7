import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "@tintype/core/testing/start_emulator";
import { decodeJwt } from "jose";

test("serve.ts says where it listens, issues for that address and ends with 0 on SIGTERM", async (t) => {
  const emulator = await startEmulator("oidc");
  t.after(() => emulator.stop());
  const [{ event, part } = {}] = emulator.lines;
  assert.deepEqual({ event, part }, { event: "listening", part: "oidc" });

  const body = JSON.stringify({ sub: "anna", tenant: "acme" });
  const answer = await fetch(`${emulator.url}/token`, { method: "POST", body });
  assert.equal(decodeJwt((await answer.json()).access_token).iss, emulator.url);

  assert.equal(await emulator.stop("SIGTERM"), 0);
});
