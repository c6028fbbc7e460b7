import assert from "node:assert/strict";
import { test } from "node:test";
import { accountChecks } from "./command_lines.ts";
import { readTarget } from "./target.ts";
import { type CloudPrograms, withCloudPrograms } from "./testing/with_cloud_programs.ts";

const TARGET = readTarget("preview", { edgeUrl: "", commit: "abc" });

type Spoil = (programs: CloudPrograms) => unknown;

function tokenOf(claims: object): string {
  return `e.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
}

const HOUR = Math.floor(Date.now() / 1_000) + 3_600;
const GOOD = tokenOf({ tenant: "synthetic", exp: HOUR + 7_200 });

const READY = [[], () => {}] as const;
const NO_TOKEN = [["token of the tenant synthetic"], () => {}] as const;

for (
  const [what, [missing, spoil], token = GOOD] of [
    ["is ready", READY],
    ["is not signed in to", [["Google sign-in"], (programs) => {
      programs.failing = "auth print-access-token";
    }]],
    ["has no billing", [["billing"], ({ state }) => state.billed = false]],
    ["lacks an API", [["APIs"], ({ state }) => state.apis.pop()]],
    ["lacks a right", [["rights"], ({ state }) => state.denied.push("run.services.update")]],
    ["has a name that is taken", [["names of buckets"], ({ state }) => {
      state.takenBuckets.push("gs://tintype-preview-raw");
    }]],
    ["has no worker yet", [["the worker's secrets"], (programs) => {
      programs.failing = "secret list";
    }]],
    ["has a token of another", NO_TOKEN, tokenOf({ tenant: "acme", exp: HOUR + 7_200 })],
    ["has a token that ends", NO_TOKEN, tokenOf({ tenant: "synthetic", exp: HOUR })],
  ] as readonly [string, readonly [readonly string[], Spoil], string?][]
) {
  test(`doctor: an account that ${what}`, async () => {
    await withCloudPrograms(TARGET, async (programs) => {
      spoil(programs);
      const commands = [`export SMOKE_TOKEN=${token}; ${accountChecks(TARGET)}`];
      const step = { name: "", needs: "", changes: "", commands, undo: "" };
      const { done, output } = await programs.run([step]);
      const found = [...output.matchAll(/^MISSING {2}(.*?) \(/gm)].map(([, name]) => name);
      assert.equal(done, missing.length === 0);
      assert.deepEqual(found, missing);
    });
  });
}
