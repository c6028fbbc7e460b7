/** What `deno task pack` writes, as others use it: on the machine's own Node, 20 or newer, and under their type checker. */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
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
  // Into a project of its own, which has nothing else.
  await writeFile(join(folder, "package.json"), '{"private":true,"type":"module"}');
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "";
  const install = ["install", "--offline", "--no-audit", "--no-fund", join(folder, tarball)];
  await run("npm", install, { cwd: folder });
});
after(() => rm(folder, { recursive: true, force: true }));

function majorOf(node: string): number {
  const version = execFileSync(node, ["--version"], { encoding: "utf8" });
  return Number(/^v(\d+)/.exec(version)?.[1]);
}

const PROGRAM = `
  import { TintypeClient, UploadError } from "@tintype/client";
  import { FileResumeStore, openFile } from "@tintype/client/node";

  const sent = [];
  const fetch = async (url, { method, headers, body }) => {
    sent.push(method + " " + (headers["Content-Range"] ?? ""));
    if (method === "PUT") return new Response(null, { status: 200 });
    const upload = { url: "http://store.test/1", headers: {}, chunkMultiple: 262144,
      expiresAt: new Date(Date.now() + 1e6).toISOString() };
    const imageId = "019ae2c4-9a00-7c3e-8f51-2a6f0c9d1b34";
    return Response.json({ imageId, upload }, { status: 201 });
  };
  const client = new TintypeClient({ edge: "http://edge.test", token: () => "t", fetch,
    store: new FileResumeStore(import.meta.dirname + "/state") });
  const file = await openFile(process.argv[1], { type: "image/jpeg" });
  const { imageId } = await client.upload(file);
  const error = new UploadError({ status: 0, code: "timeout", detail: "" });
  const inner = await import("@tintype/client/client").catch(({ code }) => code);
  console.log(JSON.stringify({ imageId, sent, code: error.code, inner }));
`;

test("the packed client depends on nothing that is not published", async () => {
  const text = await readFile(join(folder, "client/package.json"), "utf8");
  const { dependencies, exports } = JSON.parse(text);
  assert.deepEqual(Object.keys(dependencies), []);
  for (const path of Object.values(exports["./webhooks"]).map(String)) {
    assert.ok(existsSync(join(folder, "client", path)), path);
  }
  for (const name of await readdir(join(folder, "client"), { recursive: true })) {
    if (!/\.(js|ts)$/.test(name)) continue;
    assert.doesNotMatch(await readFile(join(folder, "client", name), "utf8"), /@tintype\//, name);
  }
});

for (
  const [what, node] of [["the machine's own", MACHINE_NODE], ["the lock file's", process.execPath]]
) {
  test(`the packed client uploads a file on ${what} Node, and shows no internals`, {
    skip: node === undefined ? skip : false,
  }, async () => {
    const program = join(folder, "program.mjs");
    await writeFile(program, PROGRAM);
    const { stdout, stderr } = await run(node ?? "", [program]);
    const { imageId, sent, code, inner } = JSON.parse(stdout);
    assert.match(imageId, /^[0-9a-f-]{36}$/);
    assert.match(sent.join("\n"), /^POST \nPUT bytes 0-\d+\/\d+/);
    assert.deepEqual([code, inner, stderr], ["timeout", "ERR_PACKAGE_PATH_NOT_EXPORTED", ""]);
  });
}

test("the packed client, bundled with its queue, has at most 12 kB", async () => {
  const contents = 'export { TintypeClient } from "@tintype/client";';
  const stdin = { contents, resolveDir: folder };
  const { outputFiles } = await build({
    ...{ stdin, bundle: true, minify: true, format: "esm", write: false },
  });
  const bytes = gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
  console.log(`the client has ${bytes} bytes`);
  assert.ok(bytes <= 12_000, `${bytes} bytes`);
});

/** Names of the reader's own, and packages that are not here. */
const OWN = `
  declare const edge: string;
  declare function accessToken(options?: { readonly renew: boolean }): string;
  declare function show(text: unknown): void;
  declare const [file, files]: [File, File[]];
`;
const FOREIGN = `
  declare module "react" {
    export { useEffect, useRef, useState } from "preact/hooks";
  }
  declare module "react-dom/client" {
    export function createRoot(at: Element): { render(what: unknown): void };
  }
  declare module "react-native-get-random-values";
  declare module "expo-file-system" {
    export class File {
      constructor(uri: string);
      readonly size: number | null;
      open(): { offset: number; readBytes(length: number): Uint8Array<ArrayBuffer>; close(): void };
    }
  }
  declare module "expo-secure-store" {
    export function getItemAsync(key: string): Promise<string | null>;
    export function setItemAsync(key: string, value: string): Promise<void>;
    export function deleteItemAsync(key: string): Promise<void>;
  }
`;

test("the packed types fit every snippet of the documents, and refuse what the client does not take", async () => {
  const documents = ["docs/clients.md", "client/README.md", "examples/react/README.md"];
  const hooks = join(folder, "tintype.tsx");
  await copyFile(join(ROOT, "examples/react/tintype.tsx"), hooks);
  const texts = await Promise.all(documents.map((name) => readFile(join(ROOT, name), "utf8")));
  const snippets = texts.flatMap((text) => [...text.matchAll(/^```(tsx?)\b.*\n([^]*?)^```$/gm)]);
  assert.ok(snippets.length >= 6);
  const files = await Promise.all(snippets.map(async ([, ending, text], at) => {
    const name = join(folder, `snippet_${at}.${ending}`);
    await writeFile(name, `${text}\nexport {};`);
    return name;
  }));
  await writeFile(join(folder, "own.d.ts"), OWN);
  await writeFile(join(folder, "foreign.d.ts"), FOREIGN);
  const wrong = 'import { TintypeClient } from "@tintype/client";\n' +
    'new TintypeClient({ edge: "", token: () => "" }).upload(new Blob([]), { metadata: { preset: 1 } });';
  await writeFile(join(folder, "bad.ts"), wrong);
  const check = (...names: readonly string[]) =>
    run(join(ROOT, "node_modules/.bin/tsc"), [
      ...[
        "--noEmit",
        "--strict",
        "--allowImportingTsExtensions",
        "--module",
        "esnext",
        "--moduleResolution",
        "bundler",
      ],
      ...["--target", "es2022", "--lib", "es2022,dom", "--types", "", "--skipLibCheck"],
      ...["--jsx", "react-jsx", "--jsxImportSource", "preact", "--ignoreConfig", ...names],
    ], { cwd: folder });
  const all = [...files, hooks, join(folder, "own.d.ts"), join(folder, "foreign.d.ts")];
  await check(...all).catch((error: { stdout: string }) => assert.fail(error.stdout));
  await assert.rejects(check("bad.ts"), (error: { stdout?: string }) => {
    assert.match(error.stdout ?? "", /^[^\n]*bad\.ts\(2,\d+\): error TS2322[^\n]*\n?[^\n]*$/);
    return true;
  });
});
