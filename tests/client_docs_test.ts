/** The snippets of docs/clients.md, run as they stand there: only names that are the reader's own are given. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Plugin } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { Webhook } from "standardwebhooks";
import { startWorkerd } from "@tintype/edge/workerd";
import { bundle, openClientPage } from "./_client_page.ts";
import { type Edge, openEdge } from "./_edge.ts";
import { sha256 } from "./_pictures.ts";
import { openBrowser, ROUTED_PAGES, WITHOUT_CHROMIUM } from "./browser/_browser.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SNIPPETS = snippetsOf(await readFile(join(ROOT, "docs/clients.md"), "utf8"));
const run = promisify(execFile);
const MISSING = ["bash", "curl", "jq"].filter((name) =>
  spawnSync(name, ["--version"]).error !== undefined
);
const withoutCurl = MISSING.length === 0 ? false : `${MISSING.join(", ")} must be installed`;

let folder: string;
let edge: Edge;
let token: string;
let browser: Browser | undefined;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "tintype-docs-"));
  edge = await openEdge("acme");
  token = await edge.token("reader");
  browser = WITHOUT_CHROMIUM === false ? await openBrowser(ROUTED_PAGES) : undefined;
});
after(async () => {
  await browser?.close();
  await edge?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The fenced blocks that have a name after their language, by name. */
function snippetsOf(document: string): ReadonlyMap<string, string> {
  const blocks = document.matchAll(/^```\w+ ([\w-]+)\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, name = "", text = ""]) => [name, text]));
}

function snippet(name: string): string {
  const text = SNIPPETS.get(name);
  assert.ok(text !== undefined, `docs/clients.md has a snippet ${name}`);
  return text.replaceAll("https://images.example.com", edge.url);
}

/** Bytes that begin as a JPEG does. */
function jpeg(size: number): Buffer {
  const head = [0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1];
  return Buffer.concat([Buffer.from(head), randomBytes(size - head.length)]);
}

async function assertStored(bytes: Uint8Array): Promise<void> {
  const digests = [...(await edge.storedDigests()).values()];
  assert.ok(digests.includes(sha256(bytes)));
}

/** Runs a bundled script in a page of its own; whatever image is asked for there is ready. */
async function inPage<T>(script: string, use: (page: Page) => Promise<T>): Promise<T> {
  assert.ok(browser !== undefined);
  const context = await browser.newContext();
  const json = { status: "ready", renditions: [{ name: "thumb" }] };
  const headers = { "Access-Control-Allow-Origin": "*" };
  await context.route("**/v1/images/*", (route) => route.fulfill({ json, headers }));
  try {
    return await use(await openClientPage(context, { script }));
  } finally {
    await context.close();
  }
}

const own = () =>
  `const edge = ${JSON.stringify(edge.url)}; const accessToken = () => ${JSON.stringify(token)};`;

test(
  "curl: one request, and a session that is interrupted, asked and ended",
  { skip: withoutCurl },
  async () => {
    const bytes = jpeg(700_000);
    const file = join(folder, "picture.jpg");
    await writeFile(file, bytes);
    const env = { PATH: process.env["PATH"], EDGE: edge.url, TOKEN: token, FILE: file };
    const bash = async (script: string) =>
      (await run("bash", ["-euo", "pipefail", "-c", script], { env })).stdout;
    const small = JSON.parse(await bash(snippet("curl-small")));
    assert.equal(small.status, "processing");
    const reading = snippet("curl-read").replace("wait=20", "wait=1");
    const out = await bash(`${snippet("curl")}\n${snippet("curl-batch")}\necho\n${reading}`);
    const [first, last, batch = "", answers = ""] = out.split("\n");
    assert.equal(JSON.parse(batch).results[0].status, 201);
    assert.deepEqual([first, last], ["308", "200"]);
    const [image, erasure] = answers.replace("}{", "}\n{").split("\n").map((each) =>
      JSON.parse(each)
    );
    assert.deepEqual([image.bytes, erasure.status], [bytes.length, "accepted"]);
    await assertStored(bytes);
  },
);

test("React Native: a source of parts, where there is no URL, no Web Crypto and no AbortSignal.any", async () => {
  const bytes = randomBytes(300_000);
  const file = join(folder, "native.jpg");
  await writeFile(file, bytes);
  const script = await bundle(
    `import { webcrypto } from "node:crypto";
    ${own()}
    globalThis.nativeCrypto = { getRandomValues: (array) => webcrypto.getRandomValues(array) };
    ${snippet("react-native")}
    console.log(JSON.stringify(await uploadPicture(${JSON.stringify(file)}, "image/jpeg")));`,
    {
      platform: "node",
      define: {
        "URL": "undefined",
        "URLSearchParams": "undefined",
        "AbortSignal": "undefined",
        "crypto": "nativeCrypto",
        "globalThis.crypto": "nativeCrypto",
      },
      plugins: [nativeModules],
    },
  );
  const program = join(folder, "native.mjs");
  await writeFile(program, script);
  const { stdout } = await run(process.execPath, [program]);
  assert.match(JSON.parse(stdout).imageId, /^[0-9a-f-]{36}$/);
  await assertStored(bytes);
});

test("React Native: a store of records over what the phone keeps safe", async () => {
  const script = await bundle(
    `${snippet("react-native-store")}
    import { brokenPromises } from "../_stores_testing.ts";
    console.log(JSON.stringify(await brokenPromises(store)));`,
    { platform: "node", plugins: [nativeModules] },
  );
  const program = join(folder, "store.mjs");
  await writeFile(program, script);
  assert.equal((await run(process.execPath, [program])).stdout, "[]\n");
});

/** Expo's modules as far as the snippets go (docs.expo.dev/versions/latest/sdk/filesystem and sdk/securestore). */
const EXPO: Readonly<Record<string, string>> = {
  "expo-file-system": `
    import { closeSync, openSync, readSync, statSync } from "node:fs";
    export class File {
      constructor(uri) { this.uri = uri; this.size = statSync(uri).size; }
      open() {
        const file = openSync(this.uri);
        return {
          offset: 0,
          readBytes(length) {
            const bytes = new Uint8Array(length);
            return bytes.subarray(0, readSync(file, bytes, 0, length, this.offset));
          },
          close: () => closeSync(file),
        };
      }
    }`,
  "expo-secure-store": `
    const items = new Map();
    export const getItemAsync = async (key) => items.get(key) ?? null;
    export const setItemAsync = async (key, value) => void items.set(key, value);
    export const deleteItemAsync = async (key) => void items.delete(key);`,
};

const nativeModules: Plugin = {
  name: "native modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(expo-|react-native-)/ }, ({ path }) => ({ path, namespace: "native" }));
    onLoad({ filter: /.*/, namespace: "native" }, ({ path }) => ({
      contents: EXPO[path] ?? "",
      resolveDir: ROOT,
    }));
  },
};

test("browser: a file becomes an image, with progress", { skip: WITHOUT_CHROMIUM }, async () => {
  const script = await bundle(
    `${own()} const shown = []; const show = (text) => shown.push(text);
    ${snippet("browser")}
    Object.assign(globalThis, { send, shown });`,
  );
  const [result, shown] = await inPage(script, (page) =>
    page.evaluate(async () => {
      const { send, shown } = globalThis as unknown as { // the script's own globals
        send: (file: File) => Promise<string>;
        shown: string[];
      };
      const bytes = new Uint8Array(400_000).fill(7);
      return [await send(new File([bytes], "a.jpg", { type: "image/jpeg" })), shown];
    }));
  assert.equal(result, "thumb");
  assert.equal(shown.at(-1), "done 100 %");
  await assertStored(new Uint8Array(400_000).fill(7));
});

test("React: the snippet and the example's hooks upload what is chosen and show its id", {
  skip: WITHOUT_CHROMIUM,
}, async () => {
  const script = await bundle(
    `${own()}
    import { TintypeClient } from "@tintype/client/client";
    import { render } from "preact";
    import { Gallery, Uploader } from "../../examples/react/tintype.tsx";
    ${snippet("react")}
    const client = new TintypeClient({ edge, token: () => accessToken() });
    render([<Field client={client} />, <Uploader client={client} />, <Gallery client={client} />],
      document.body);`,
    { jsx: "automatic", jsxImportSource: "preact", alias: { react: "preact/compat" } },
  );
  const buffers = [randomBytes(50_000), randomBytes(60_000)];
  await inPage(script, async (page) => {
    for (const [at, buffer] of buffers.entries()) {
      const file = { name: "a.png", mimeType: "image/png", buffer };
      await page.setInputFiles(`input >> nth=${at}`, file);
    }
    await page.locator("label output", { hasText: /^[0-9a-f-]{36}$/ }).waitFor();
    await page.locator("li output", { hasText: /^ready [0-9a-f-]{36}$/ }).waitFor();
  });
  for (const buffer of buffers) await assertStored(buffer);
});

test("IndexedDbResumeStore keeps a store's promises, and forgets what is over", {
  skip: WITHOUT_CHROMIUM,
}, async () => {
  const script = await bundle(
    `import { IndexedDbResumeStore } from "@tintype/client/indexed_db_store";
    import { brokenPromises, recordOf } from "../_stores_testing.ts";
    const store = new IndexedDbResumeStore("test");
    const broken = await brokenPromises(store);
    await store.put("over", recordOf("1", -1));
    const before = await store.get("over");
    await store.put("another", recordOf("2"));
    const after = await new IndexedDbResumeStore("test").get("over");
    document.title = JSON.stringify({ broken, before: before?.imageId, after: after?.imageId });`,
  );
  const title = await inPage(script, async (page) => {
    await page.waitForFunction(() => document.title.startsWith("{"));
    return await page.title();
  });
  assert.deepEqual(JSON.parse(title), { broken: [], before: "1" });
});

test("Webhooks: workerd runs the snippet, which takes what is signed and nothing else", async () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const script = await bundle(`${snippet("webhook")}
    export default { fetch: (request) => receive(request, ${JSON.stringify(secret)}) };`);
  await using worker = await startWorkerd({ script, vars: {} });
  const [now, body] = [new Date(), '{"type":"webhook.test"}'];
  const headers = {
    "webhook-id": "1",
    "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
    "webhook-signature": new Webhook(secret).sign("1", now, body),
  };
  const post = async (body: string) =>
    (await fetch(worker.url, { method: "POST", headers, body })).status;
  assert.deepEqual([await post(body), await post(`${body} `)], [204, 401]);
});

test("Uppy: the plugin is the Dashboard's uploader", { skip: WITHOUT_CHROMIUM }, async () => {
  const script = await bundle(`${own()} ${snippet("uppy")}`);
  const buffer = randomBytes(60_000);
  await inPage(script, async (page) => {
    await page.setInputFiles(".uppy-Dashboard-input >> nth=0", {
      name: "a.png",
      mimeType: "image/png",
      buffer,
    });
    await page.click(".uppy-StatusBar-actionBtn--upload");
    await page.waitForSelector(".uppy-StatusBar.is-complete");
  });
  await assertStored(buffer);
});
