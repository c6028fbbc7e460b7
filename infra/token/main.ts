/** `deno task token explain`: says offline why the edge refuses an access token. The token is never printed. */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { text } from "node:stream/consumers";
import { defineCommand } from "@tintype/cli/command";
import { matching, path } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { isAppError, schemaError } from "@tintype/core/errors";
import { explainToken } from "@tintype/edge/explain_token";
import { type TokenSettings, tokenSettings } from "@tintype/edge/token_settings";

const TOKEN = defineCommand({
  name: "token",
  summary:
    "`explain` says why the edge takes or refuses an access token, without a network and without printing it. The token is read from standard input, or is the second word.",
  words: { placeholder: "explain [TOKEN]", min: 1, max: 2 },
  flags: {
    "var NAME=VALUE": {
      about:
        "a variable of the worker that says which tokens are taken: ISSUER and AUDIENCE at least",
      many: true,
      parse: matching(/^[A-Z_]+=./, "be NAME=VALUE"),
    },
    "jwks FILE": {
      about: "the issuer's key set, saved from JWKS_URL; without it the signature is not checked",
      parse: path,
    },
  },
  exitCodes: { 0: "the edge takes the token", 1: "the edge refuses the token" },
});

type TokenCall = ReturnType<typeof TOKEN.parse>;

function settingsOf(call: TokenCall): TokenSettings {
  const pairs = call.var.map((pair) => [pair.split("=", 1)[0], pair.slice(pair.indexOf("=") + 1)]);
  const read = tokenSettings.safeParse(Object.fromEntries(pairs));
  if (read.success) return read.data;
  throw new UsageError(schemaError("invalid_config", "Cannot run token", read.error).message);
}

/** The token of the call, with whatever of its header was copied along. */
async function tokenOf({ words: [act, word] }: TokenCall): Promise<string> {
  if (act !== "explain") throw new UsageError("Cannot run token: its one act is explain");
  const given = word ?? await text(process.stdin);
  return given.trim().replace(/^(authorization: *)?bearer +/i, "");
}

async function keySetOf({ jwks }: TokenCall): Promise<string | undefined> {
  return jwks === undefined ? undefined : await readFile(jwks, "utf8").catch((error: Error) => {
    throw new UsageError(`Cannot run token: the key set cannot be read: ${error.message}`);
  });
}

await runMain(TOKEN, async (call) => {
  const options = { settings: settingsOf(call), jwks: await keySetOf(call), nowMs: Date.now() };
  const { faults, claims } = await explainToken(await tokenOf(call), options)
    .catch((error: unknown) => {
      if (!isAppError(error, "unavailable")) throw error;
      throw new UsageError("Cannot run token: --jwks names no key set with a usable key");
    });
  const verdict = options.jwks === undefined ? "Taken if its signature is right" : "Taken";
  console.log(faults.length === 0 ? verdict : "Refused:");
  for (const { reason, detail } of faults) console.log(`  ${reason}: ${detail}`);
  if (claims.length > 0) console.log(`Its claims: ${claims.join(", ")}`);
  if (options.jwks === undefined) console.log("The signature was not checked: give --jwks FILE");
  return faults.length === 0 ? EXIT.done : EXIT.failed;
});
