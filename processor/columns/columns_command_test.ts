import assert from "node:assert/strict";
import { test } from "node:test";

const MAIN = new URL("main.ts", import.meta.url).pathname;
const EXAMPLE = "processor/examples/watermark_and_blur.ts";

async function columns(...args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-read",
      "--allow-env=TINTYPE_PORT_OFFSET",
      "--allow-write",
      MAIN,
      ...args,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

test("deno task columns adds a pipeline's columns to a schema file, once", async () => {
  const schema = await Deno.makeTempFile({ suffix: ".json" });
  const fields = async (): Promise<readonly { name: string }[]> =>
    JSON.parse(await Deno.readTextFile(schema));
  try {
    const original = new URL("../../infra/bigquery/schemas/images.json", import.meta.url);
    await Deno.copyFile(original, schema);
    const before = await fields();
    const dry = await columns(EXAMPLE, "--schema", schema, "--dry-run");
    assert.match(dry.stdout, /^Would add blur_score, daylight/);
    assert.deepEqual(await fields(), before);
    const first = await columns(EXAMPLE, "--schema", schema);
    assert.equal(first.code, 0, first.stderr);
    const after = await fields();
    assert.deepEqual(after.slice(0, before.length), before);
    const added = after.slice(before.length).map(({ name }) => name);
    assert.deepEqual(added, ["blur_score", "daylight"]);
    assert.match((await columns(EXAMPLE, "--schema", schema)).stdout, /^Every column is there/);
  } finally {
    await Deno.remove(schema);
  }
});

test("deno task columns says what is wrong, and reports a wrong call by its exit code", async () => {
  const [none, lost, flag, help] = await Promise.all([
    columns(),
    columns("processor/examples/not_there.ts"),
    columns("--nonsense"),
    columns("--help"),
  ]);
  assert.deepEqual([none.code, lost.code, flag.code, help.code], [2, 1, 2, 0]);
  assert.match(none.stderr, /takes 1 PIPELINE/);
  assert.match(lost.stderr, /not_there\.ts does not load/);
  assert.match(help.stdout, /^Usage: deno task columns PIPELINE/);
});
