import assert from "node:assert/strict";
import { test } from "node:test";

const MAIN = new URL("redrive.ts", import.meta.url).pathname;

/** Runs the command with nobody at the keyboard; nothing listens at its ports. */
async function redrive(...args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", MAIN, ...args],
    env: { NO_COLOR: "1", TINTYPE_PORT_OFFSET: "19900" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

test("redrive does nothing anywhere where one place cannot be looked at", async () => {
  const { code, stdout, stderr } = await redrive("--yes", "--reason", "too_large");
  assert.equal(code, 2);
  for (
    const line of [
      /^\$ npx deno task repair --since 7d --dry-run\nNothing answers at localhost:27982: /m,
      /^\$ npx deno task dlq redrive --reason too_large --dry-run\nNothing answers at localhost:27981: /m,
    ]
  ) assert.match(stdout, line);
  assert.match(stderr, /^\nNothing was done: not every place could be looked at .*\n$/);
  assert.equal(stdout.match(/^\$/gm)?.length, 2);
});

const WRONG: readonly (readonly [message: RegExp, ...args: string[]])[] = [
  [/--only must be one of events, kafka \(got "mail"\)$/, "--only", "mail"],
  [/--project needs --bridge, or --only events$/, "--project", "p", "--keeper", "https://k"],
  [/--bridge must be an http or https address/, "--bridge", "zone/member"],
  [/--only events leaves --reason and --bridge out$/, "--only", "events", "--reason", "too_large"],
];

for (const [message, ...args] of WRONG) {
  test(`redrive refuses ${args.join(" ")} in one line`, async () => {
    const { code, stdout, stderr } = await redrive(...args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr.trimEnd(), message);
  });
}
