/** What `deno task pack` writes, as others use it: on the machine's own Node, 20 or newer, and under their type checker. */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runTask } from "./_task.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);
/** Not the one of the lock file, which runs TypeScript itself. */
const MACHINE_NODE = (process.env["PATH"] ?? "").split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .map((folder) => join(folder, "node"))
  .find((path) => existsSync(path) && majorOf(path) >= 20);
const skip = MACHINE_NODE === undefined ? "the machine has no Node of its own from 20 on" : false;

let folder: string;
before(async () => {
  // Below the project, so that the packages' own dependencies are found.
  await mkdir(join(ROOT, ".tintype"), { recursive: true });
  folder = await mkdtemp(join(ROOT, ".tintype/packed-"));
  const { code, stderr } = await runTask("pack", "--out", folder);
  assert.equal(code, 0, stderr);
});
after(() => rm(folder, { recursive: true, force: true }));

function majorOf(node: string): number {
  const version = execFileSync(node, ["--version"], { encoding: "utf8" });
  return Number(/^v(\d+)/.exec(version)?.[1]);
}

const PROGRAM = `
  import { createClient, UploadError } from "./client/client.js";
  import { openFile } from "./client/node/file_source.js";
  import { FileResumeStore } from "./client/node/file_store.js";

  const sent = [];
  const fetch = async (url, { method, headers, body }) => {
    sent.push(method + " " + (headers["Content-Range"] ?? ""));
    if (method === "PUT") return new Response(null, { status: 200 });
    const upload = { url: "http://store.test/1", headers: {}, chunkMultiple: 262144,
      expiresAt: new Date(Date.now() + 1e6).toISOString() };
    const imageId = "019ae2c4-9a00-7c3e-8f51-2a6f0c9d1b34";
    return Response.json({ imageId, upload }, { status: 201 });
  };
  const client = createClient({ edge: "http://edge.test", token: () => "t", fetch,
    store: new FileResumeStore(import.meta.dirname + "/state") });
  const file = await openFile(process.argv[1], { type: "image/jpeg" });
  const { imageId } = await client.upload(file);
  const error = new UploadError({ status: 0, code: "timeout", detail: "" });
  console.log(JSON.stringify({ imageId, sent, code: error.code }));
`;

test("the packed client depends on nothing that is not published", async () => {
  const text = await readFile(join(folder, "client/package.json"), "utf8");
  const { dependencies, exports } = JSON.parse(text);
  assert.deepEqual(Object.keys(dependencies), ["@noble/hashes"]);
  for (const path of Object.values(exports["./webhooks"]).map(String)) {
    assert.ok(existsSync(join(folder, "client", path)), path);
  }
  for (const name of await readdir(join(folder, "client"), { recursive: true })) {
    if (!/\.(js|ts)$/.test(name)) continue;
    assert.doesNotMatch(await readFile(join(folder, "client", name), "utf8"), /@tintype\//, name);
  }
});

test("the packed client uploads a file on the machine's own Node", { skip }, async () => {
  const program = join(folder, "program.mjs");
  await writeFile(program, PROGRAM);
  const { stdout, stderr } = await run(MACHINE_NODE ?? "", [program]);
  const { imageId, sent, code } = JSON.parse(stdout);
  assert.match(imageId, /^[0-9a-f-]{36}$/);
  assert.match(sent.join("\n"), /^POST \nPUT bytes 0-\d+\/\d+/);
  assert.deepEqual([code, stderr], ["timeout", ""]);
});

test("the packed types are those of the sources, and refuse what the client does not take", async () => {
  const consumer = (upload: string) => `
    import { createClient, type Upload } from "./client/client.js";
    const client = createClient({ edge: "http://edge.test", token: () => "t" });
    export const upload: Upload = client.upload(new Blob([]), ${upload});
    export const width = async (id: string): Promise<number | undefined> =>
      (await client.images.get(id)).metadata.width;
  `;
  await writeFile(join(folder, "good.ts"), consumer('{ metadata: { preset: "shop" } }'));
  await writeFile(join(folder, "bad.ts"), consumer("{ metadata: { preset: 1 } }"));
  const check = (file: string) =>
    run(join(ROOT, "node_modules/.bin/tsc"), [
      ...["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"],
      ...["--lib", "es2022,dom", "--types", "", "--ignoreConfig", join(folder, file)],
    ]);
  await check("good.ts").catch((error: { stdout: string }) => assert.fail(error.stdout));
  await assert.rejects(check("bad.ts"), (error: { stdout?: string }) => {
    assert.match(error.stdout ?? "", /^[^\n]*bad\.ts\(4,\d+\): error TS2322[^\n]*\n?[^\n]*$/);
    return true;
  });
});
