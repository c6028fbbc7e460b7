import assert from "node:assert/strict";
import { test } from "node:test";
import { startIdentity } from "./_testing.ts";
import { IdentityTokens } from "./identity_tokens.ts";

const EMAIL = "push@tintype-local.iam.gserviceaccount.com";

test("a token is fetched once for parallel calls, and again five minutes before its end", async (t) => {
  const { url, state } = await startIdentity(t);
  let nowMs = Date.now();
  const tokens = new IdentityTokens({ oidcUrl: url, clock: { now: () => nowMs } });
  await Promise.all([tokens.tokenFor("a", EMAIL), tokens.tokenFor("a", EMAIL)]);
  nowMs += 55 * 60_000 - 1;
  await tokens.tokenFor("a", EMAIL);
  assert.equal(state.tokens, 1);
  nowMs += 1;
  await tokens.tokenFor("a", EMAIL);
  assert.equal(state.tokens, 2);
  assert.notEqual(await tokens.tokenFor("b", EMAIL), await tokens.tokenFor("a", EMAIL));
});

test("tokenFor() rejects while there is none to have, and asks again the next time", async (t) => {
  const { url, state } = await startIdentity(t);
  const tokens = new IdentityTokens({ oidcUrl: url });
  state.working = false;
  await assert.rejects(tokens.tokenFor("a", EMAIL), /status is 503/);
  state.working = true;
  assert.match(await tokens.tokenFor("a", EMAIL), /^ey/);
});
