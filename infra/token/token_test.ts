import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { JWKS, makeTokens } from "@tintype/edge/_tokens_fixture";
import { explainToken } from "@tintype/edge/explain_token";
import { REFUSAL_REASONS } from "@tintype/edge/token_refusal";
import { tokenSettings } from "@tintype/edge/token_settings";

const ISSUER = "https://issuer.test/";
const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const nowSeconds = Math.floor(Date.now() / 1_000);
const { signed } = makeTokens({ issuer: ISSUER, tenantClaim: "tenant", nowSeconds });

const settings = tokenSettings.parse({ ISSUER, AUDIENCE: "tintype", SCOPE_CLAIMS: "roles,scope" });
const jwks = JSON.stringify(JWKS);

/** Tokens, and everything that the edge would refuse in each. */
const TOKENS: readonly (readonly [what: string, token: string, faults: readonly string[]])[] = [
  ["a good one", signed({ aud: ["tintype", "x"] }), []],
  [
    "one of another configuration",
    signed({ aud: "other", tenant: "ACME", exp: nowSeconds - 60 }, { kid: "none" }),
    ["key", "audience", "expired", "tenant"],
  ],
  ["a forged one", `${signed().slice(0, -8)}AAAAAAAA`, ["signature"]],
  ["one of another type", signed({ roles: 7 }, { typ: "x" }), ["header", "scope"]],
  ["an opaque one", "opaque-0123456789-abcdefghij", ["malformed"]],
];

for (const [what, token, expected] of TOKENS) {
  test(`explainToken() says what the edge refuses of ${what}`, async () => {
    const nowMs = nowSeconds * 1_000;
    const reasonsBy = async (keySet?: string) =>
      (await explainToken(token, { settings, jwks: keySet, nowMs })).faults
        .map(({ reason }) => reason);
    assert.deepEqual(await reasonsBy(jwks), expected);
    const unsigned = expected.filter((reason) => reason !== "key" && reason !== "signature");
    assert.deepEqual(await reasonsBy(), unsigned, "without a key set");
  });
}

test("the document names every reason that the log can have", async () => {
  const document = await readFile(
    new URL("../../docs/identity_providers.md", import.meta.url),
    "utf8",
  );
  const [, table = ""] = document.split("## Why a token is refused");
  for (const reason of Object.keys(REFUSAL_REASONS)) {
    assert.ok(table.includes(`\`${reason}\``), reason);
  }
});

test("token explain reads a token, says why it is refused and never prints it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tintype-token-"));
  try {
    const file = join(folder, "jwks.json");
    await writeFile(file, jwks);
    const token = signed({ aud: "other" });
    const args = ["--var", `ISSUER=${ISSUER}`, "--var", "AUDIENCE=tintype", "--jwks", file];
    const child = spawn(process.execPath, [MAIN, "explain", ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end(`Bearer ${token}\n`);
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    assert.equal(code, 1);
    assert.match(said, /^Refused:\n {2}audience: aud is "other"; it must be or hold "tintype"/);
    assert.match(said, /Its claims: aud, exp, iat, iss, scope, sub, tenant\n$/);
    for (const part of token.split(".")) assert.ok(!said.includes(part.slice(0, 20)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
