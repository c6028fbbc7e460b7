/** Rotations on fake programs, with the flags of the real ones: `edge/rotation_test.ts` shows that nothing fails meanwhile. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { ROTATIONS, STAGES } from "./rotate_steps.ts";
import { scriptOf } from "./run_steps.ts";
import type { Step } from "./step.ts";
import { readTarget, type Target } from "./target.ts";
import { addRevision } from "./testing/cloud_state.ts";
import { type CloudPrograms, withCloudPrograms } from "./testing/with_cloud_programs.ts";

const TARGET: Target = readTarget("preview", { edgeUrl: "", commit: "abc" });

function stepsOf(key: string, stage: (typeof STAGES)[number]): readonly Step[] {
  return ROTATIONS[key]?.[stage]?.(TARGET) ?? [];
}

/** Runs a stage, and returns the worker's secrets. */
async function run({ run, state }: CloudPrograms, ...stage: Parameters<typeof stepsOf>) {
  const { done, errors } = await run(stepsOf(...stage));
  return { done, errors, secrets: { ...state.worker.secrets } };
}

test("each stage of each rotation is a script that bash can read", () => {
  for (const key of Object.keys(ROTATIONS)) {
    const steps = STAGES.flatMap((stage) => stepsOf(key, stage));
    assert.ok(steps.length > 0 && steps.every(({ undo, needs }) => undo !== "" && needs !== ""));
    execFileSync("bash", ["-n"], { input: scriptOf(steps).join("\n") });
  }
});

test("the edge's signing key: a second one is used at once, and the first one ends later", () =>
  withCloudPrograms(TARGET, async (programs) => {
    const { hmac } = programs.state;
    hmac.push({ id: "GOOG1", account: "", state: "ACTIVE" });
    const { done, secrets } = await run(programs, "signing", "begin");
    assert.ok(done);
    const key = { type: "hmac", accessId: "GOOG2", secret: "secret-of-GOOG2" };
    assert.deepEqual(JSON.parse(secrets["SIGNING_KEY"] ?? ""), key);
    assert.deepEqual(hmac.map(({ state }) => state), ["ACTIVE", "ACTIVE"]);
    assert.ok((await run(programs, "signing", "finish")).done);
    assert.deepEqual(hmac.map(({ state }) => state), ["INACTIVE", "ACTIVE"]);
    programs.failing = "hmac create";
    assert.equal((await run(programs, "signing", "begin")).done, false);
    assert.deepEqual(programs.state.worker.secrets, secrets, "nothing is put where none was made");
  }));

test("the cursor key is known before it is used, and the old one still is afterwards", () =>
  withCloudPrograms(TARGET, async (programs) => {
    const steps = stepsOf("cursor", "begin").map((step) => ({
      ...step,
      commands: ["export CURSOR_KEY=old ROTATE_REST=0; " + step.commands.join("; ")],
    }));
    assert.ok((await programs.run(steps)).done);
    const [known = "", used = ""] = programs.calls.filter((call) => call.includes("secret"));
    const [, fresh = ""] = /_ALSO .*?([0-9a-f]{64})$/.exec(known) ?? [];
    const { secrets } = programs.state.worker;
    assert.deepEqual(secrets, { CURSOR_KEY: fresh, CURSOR_KEY_ALSO: "old" });
    assert.match(used, /secret bulk/);
    assert.ok((await run(programs, "cursor", "finish")).done);
    assert.deepEqual(programs.state.worker.secrets, { CURSOR_KEY: fresh });
  }));

test("a pseudonym key reaches edge and keeper, and goes only when no day names it", () =>
  withCloudPrograms(TARGET, async (programs) => {
    const { state } = programs;
    const first = addRevision(state.keeper, { ready: true });
    const { done, errors, secrets } = await run(programs, "pseudonym", "begin");
    assert.ok(done, errors);
    assert.deepEqual(Object.keys(JSON.parse(state.pseudonymKeys)), ["1", "2"]);
    assert.equal(secrets["PSEUDONYM_KEYS"], state.pseudonymKeys);
    assert.notEqual(state.keeper.traffic[0]?.revisionName ?? first, first);
    for (
      const [stage, why] of [["use", /deploy first/], [
        "finish",
        /days\.json names 2 keys/,
      ]] as const
    ) {
      const refused = await run(programs, "pseudonym", stage);
      assert.deepEqual([refused.done, why.test(refused.errors)], [false, true], refused.errors);
    }
    assert.deepEqual(Object.keys(JSON.parse(state.pseudonymKeys)), ["1", "2"]);
  }));

test("a certificate key is made, its public half is printed, and a sweep follows", () =>
  withCloudPrograms(TARGET, async (programs) => {
    addRevision(programs.state.keeper, { ready: true });
    // The fake has one secret's text alone.
    const [made, ...rest] = stepsOf("certificate", "begin");
    const commands = made?.commands.slice(0, 1) ?? [];
    const { done, errors } = await programs.run([{ ...made as Step, commands }, ...rest]); // it has steps
    assert.ok(done, errors);
    assert.equal(programs.state.secrets["certificate-key"], 1);
    assert.match(programs.calls.at(-2) ?? "", /scheduler jobs run tintype-preview-sweep/);
  }));
