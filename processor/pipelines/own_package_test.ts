/** A stranger's way by the documents: a package outside of the tree, its tests, a trial on pictures, its columns. */
import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { scene } from "@tintype/core/testing/drawing";
import { eventually } from "@tintype/core/testing/eventually";
import { makeSample } from "../testing/samples.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

let folder: string;
let made: string;
let picture: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "tintype-pipeline-"));
  made = join(folder, "casts");
  picture = join(folder, "scene.jpg");
  await writeFile(picture, await makeSample(scene(900, 600), { mediaType: "image/jpeg" }));
  assert.match((await run("new", "casts", "--dir", made)).output, /^Wrote .*casts/);
});
after(() => rm(folder, { recursive: true }));

function start(...args: readonly string[]) {
  const env = { NO_COLOR: "1" };
  const [stdout, stderr] = ["piped", "piped"] as const;
  return new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT, env, stdout, stderr });
}

async function deno(...args: readonly string[]) {
  const { code, stdout, stderr } = await start(...args).output();
  const output = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  return { code, output };
}

const run = (...args: readonly string[]) =>
  deno("run", "--allow-all", "processor/pipelines/main.ts", ...args);

test("a new package and the documents' pipeline pass tests and type checker, and it says how to go on", async () => {
  const document = await readFile(join(ROOT, "docs/processing.md"), "utf8");
  const [, snippet = assert.fail()] = /^```ts\n([^]*?)^```$/m.exec(document) ?? [];
  await writeFile(join(made, "documented.ts"), snippet);
  await writeFile(join(made, "documented_test.ts"), 'import "./documented.ts";\n');
  const { code, output } = await deno("test", "--allow-read", made);
  assert.equal(code, 0, output);
  const readme = await readFile(join(made, "README.md"), "utf8");
  assert.ok(readme.includes(`npx deno task columns ${made}`), readme);
});

test("a trial writes renditions, values, times, memory and a contact sheet", async () => {
  const out = join(folder, "out");
  const junk = join(folder, "junk.jpg");
  await writeFile(junk, "no picture");
  const { code, output } = await run(picture, junk, "--pipeline", made, "--out", out);
  assert.equal(code, 1, output);
  assert.match(output, /^casts 0\.1\.0\nscene\.jpg: \d+ ms, \d+ MiB: decode .*refuse_slivers/);
  assert.match(output, /mean_color = \[.*\]\n {2}color_casts = \[/);
  assert.match(output, /junk\.jpg: not_an_image/);
  const [first, second] = JSON.parse(await readFile(join(out, "results.json"), "utf8"));
  assert.equal(first.custom.mean_color.length, 3);
  assert.ok(first.peakBytes > 2 ** 25 && first.tookMs > first.ownMs["insight mean_color"]);
  assert.match(second.problem, /not_an_image/);
  const sheet = await readFile(join(out, "index.html"), "utf8");
  const shown = [...sheet.matchAll(/src="([^"]+)"/g)].map(([, path = ""]) => path);
  assert.deepEqual(shown, ["large", "medium", "thumb"].map((name) => `1-scene/${name}.jpg`));
  for (const path of shown) {
    assert.deepEqual([...(await readFile(join(out, path))).subarray(0, 2)], [0xff, 0xd8]);
  }
});

test("a trial names step, file and line of what throws, and goes on when the file is fixed", async () => {
  const broken = join(folder, "broken");
  await cp(made, broken, { recursive: true, verbatimSymlinks: true });
  const module = join(broken, "pipeline.ts");
  const text = await readFile(module, "utf8");
  const line = text.split("\n").findIndex((each) => each.includes("if (Math.min")) + 1;
  await writeFile(module, text.replace("if (Math.min", "null!.width; if (Math.min"));
  const process = start(
    ...["run", "--allow-all", "processor/pipelines/main.ts", picture, "--watch"],
    ...["--pipeline", broken, "--out", join(folder, "watched")],
  ).spawn();
  let output = "";
  const reading = process.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (part) => void (output += part) }),
  );
  const errors = process.stderr.cancel();
  await eventually("the first trial", () => output.includes("Waiting for changes"));
  const place = new RegExp(`step refuse_slivers broke: TypeError: .*broken/pipeline\\.ts:${line}:`);
  assert.match(output, place);
  await writeFile(module, text);
  await eventually("the second trial", () => output.includes("large 900 × 600"));
  process.kill("SIGINT");
  await Promise.all([process.status, reading, errors]);
});

test("its columns come to the end of the schema, nullable or repeated, and once only", async () => {
  const schema = join(folder, "images.json");
  await cp(join(ROOT, "infra/bigquery/schemas/images.json"), schema);
  const columns = (...more: readonly string[]) =>
    deno("run", "--allow-all", "processor/columns/main.ts", made, "--schema", schema, ...more);
  const before: readonly object[] = JSON.parse(await readFile(schema, "utf8"));
  assert.match((await columns("--dry-run")).output, /^Would add mean_color, color_casts\n$/);
  assert.deepEqual(JSON.parse(await readFile(schema, "utf8")), before);
  assert.equal((await columns()).code, 0);
  const after: readonly Record<string, unknown>[] = JSON.parse(await readFile(schema, "utf8"));
  assert.deepEqual(after.slice(0, before.length), before);
  assert.deepEqual(after.slice(before.length).map(({ name, type, mode }) => [name, type, mode]), [
    ["mean_color", "FLOAT64", "REPEATED"],
    ["color_casts", "STRING", "REPEATED"],
  ]);
  assert.match((await columns()).output, /^Every column is there/);
});

test("wrong calls end with 2 and a sentence, a pipeline that does not load with 1", async () => {
  const module = join(folder, "bad.ts");
  await writeFile(module, "export default 1 +;\n");
  const calls = [
    [["new"], 2, /new takes 1 NAME/],
    [["new", "A B"], 2, /NAME must be that of a package/],
    [["new", "casts", "--dir", made], 2, /must be new or empty/],
    [[], 2, /at least 1/],
    [[join(folder, "none.jpg")], 2, /Cannot render .*none\.jpg: it does not exist/],
    [[picture, "--pipeline", join(folder, "none")], 2, /none\/pipeline\.ts does not exist/],
    [[picture, "--watch"], 2, /--watch needs --pipeline/],
    [[picture, "--dir", folder], 2, /--dir belongs to new/],
    [["--nonsense"], 2, /--nonsense/],
    [[picture, "--pipeline", module], 1, /Cannot load the pipeline: .*bad\.ts:1:19/],
  ] as const;
  await Promise.all(calls.map(async ([args, code, message]) => {
    const result = await run(...args);
    assert.equal(result.code, code, result.output);
    assert.match(result.output, message);
  }));
  const lost = await deno("run", "--allow-all", "processor/columns/main.ts", "not_there.ts");
  assert.equal(lost.code, 1);
  assert.match(lost.output, /not_there\.ts does not load/);
});
