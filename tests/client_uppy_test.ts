/** `@tintype/client/uppy` under Uppy's own Dashboard in a real browser, through the real edge into the local storage. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import {
  type LocalCloud,
  type LocalWorker,
  startLocalCloud,
  startWorker,
} from "@tintype/edge/_local_cloud";
import { storedDigests } from "./_interrupted_uploads.ts";
import { openBrowser, WITHOUT_CHROMIUM } from "./browser/_browser.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PATIENCE_MS = 60_000;
const CHUNK = 256 * 1024;
const skip = WITHOUT_CHROMIUM;

let server: Server;
let cloud: LocalCloud;
let worker: LocalWorker;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Requests to the storage: method, and for a PUT what it brings. */
let requests: string[];

before(async () => {
  if (skip !== false) return;
  server = createServer(await pageFiles()).listen(0, "127.0.0.1");
  await once(server, "listening");
  cloud = await startLocalCloud({ corsOrigins: [pageUrl()] });
  [worker, browser] = await Promise.all([startWorker(cloud), openBrowser()]);
});
beforeEach(async () => {
  if (skip !== false) return;
  await context?.close();
  await fetch(`${cloud.storageUrl}/_local/faults`, { method: "DELETE" });
  context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  requests = [];
  context.on("request", (request) => {
    if (!request.url().includes("upload_id=")) return;
    requests.push(`${request.method()} ${request.headers()["content-range"] ?? ""}`.trim());
  });
  page = await context.newPage();
  await open();
});
after(async () => {
  await browser?.close();
  await worker?.[Symbol.asyncDispose]();
  await cloud?.[Symbol.asyncDispose]();
  server?.close();
});

function pageUrl(): string {
  const { port } = server.address() as AddressInfo; // a TCP server's
  return `http://127.0.0.1:${port}`;
}

/** The page, its script and its style; where it sends to is in the page itself. */
async function pageFiles() {
  const { outputFiles: [script] } = await build({
    entryPoints: [join(ROOT, "client/uppy/_dashboard_fixture.ts")],
    bundle: true,
    format: "esm",
    write: false,
  });
  const style = await Promise.all(
    ["core", "dashboard"].map((name) =>
      readFile(join(ROOT, `node_modules/@uppy/${name}/dist/style.min.css`), "utf8")
    ),
  );
  const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
    "/page.js": ["text/javascript", script?.text ?? ""],
    "/page.css": ["text/css", style.join("\n")],
    "/": [
      "text/html",
      '<!doctype html><title>Uppy</title><link rel="stylesheet" href="/page.css"><div id="uppy"></div>',
    ],
  };
  return (request: { url?: string | undefined }, response: import("node:http").ServerResponse) => {
    const [type, text] = files[request.url ?? ""] ?? ["text/plain", ""];
    response.writeHead(200, { "Content-Type": type }).end(text);
  };
}

async function open(): Promise<void> {
  await page.goto(pageUrl());
  const settings = { edge: worker.url, token: await cloud.token({ sub: "uppy" }) };
  await page.evaluate((value) => Object.assign(globalThis, { settings: value }), settings);
  await page.addScriptTag({ type: "module", url: "/page.js" });
  await page.waitForSelector(".uppy-Dashboard-AddFiles, .uppy-Dashboard-files");
}

async function choose(...sizes: readonly number[]): Promise<Buffer[]> {
  const bytes = sizes.map((size) => randomBytes(size));
  await page.setInputFiles(
    ".uppy-Dashboard-input >> nth=0",
    bytes.map((buffer, index) => ({ name: `p${index}.jpg`, mimeType: "image/jpeg", buffer })),
  );
  return bytes;
}

const startUpload = () => page.click(".uppy-StatusBar-actionBtn--upload");
const succeeded = () => page.waitForSelector(".uppy-StatusBar.is-complete");

/** Lets chunks after the first take so long. */
async function slowDown(times: number, delayMs: number): Promise<void> {
  const later = { method: "PUT", header: "content-range: ^bytes [1-9]" };
  await addFault({ match: later, times, action: { delayMs } });
}

async function addFault(fault: unknown): Promise<void> {
  const body = JSON.stringify(fault);
  const response = await fetch(`${cloud.storageUrl}/_local/faults`, { method: "POST", body });
  assert.equal(response.status, 201, await response.text());
}

/** Waits until a second chunk is on its way. */
async function underWay(): Promise<void> {
  await page.waitForRequest((request) =>
    request.headers()["content-range"]?.startsWith(`bytes ${CHUNK}-`) === true
  );
}

async function assertStored(bytes: readonly Buffer[]): Promise<void> {
  const stored = new Set((await storedDigests(cloud.storageUrl)).values());
  for (const each of bytes) {
    assert.ok(stored.has(createHash("sha256").update(each).digest("hex")));
  }
}

test(
  "Uppy's Dashboard uploads files, shows how far they are, and knows the images' ids",
  { skip },
  async () => {
    const bytes = await choose(3 * CHUNK, 1_000);
    await slowDown(2, 1_000);
    await startUpload();
    await page.waitForSelector(".uppy-StatusBar-progress[aria-valuenow]:not([aria-valuenow='0'])");
    await succeeded();
    await assertStored(bytes);
    const ids = await page.evaluate(() =>
      // deno-lint-ignore no-explicit-any -- the page's own global
      (globalThis as any).uppy.getFiles().map((file: any) => file.response.body.imageId)
    );
    assert.equal(new Set(ids).size, 2);
  },
);

test("Uppy's Dashboard pauses an upload and resumes it where it was", { skip }, async () => {
  const bytes = await choose(3 * CHUNK);
  await slowDown(1, PATIENCE_MS);
  await startUpload();
  await underWay();
  await page.click("button[aria-label='Pause upload']");
  await page.waitForSelector("button[aria-label='Resume upload']");
  const before = requests.length;
  await page.waitForTimeout(300);
  assert.equal(requests.length, before);
  await page.click("button[aria-label='Resume upload']");
  await succeeded();
  assert.equal(requests[before], `PUT bytes */${3 * CHUNK}`);
  await assertStored(bytes);
});

test("Uppy's Dashboard cancels an upload, which ends its session", { skip }, async () => {
  const before = (await storedDigests(cloud.storageUrl)).size;
  await choose(3 * CHUNK);
  await slowDown(1, PATIENCE_MS);
  await startUpload();
  await underWay();
  const ended = page.waitForRequest((request) => request.method() === "DELETE");
  await page.click(
    ".uppy-StatusBar-actionCircleBtn[aria-label='Cancel']",
  );
  await ended;
  await page.waitForSelector(".uppy-Dashboard-AddFiles");
  assert.equal((await storedDigests(cloud.storageUrl)).size, before);
});

test("Uppy's Dashboard says why an upload failed, and its retry goes on with the same session", {
  skip,
}, async () => {
  const bytes = await choose(3 * CHUNK);
  for (const range of ["[1-9]", String.raw`\*`]) {
    const match = { method: "PUT", header: `content-range: ^bytes ${range}` };
    await addFault({ match, times: 1, action: { status: 503 } });
  }
  await startUpload();
  await page.click(".uppy-StatusBar-actionBtn--retry");
  await succeeded();
  await assertStored(bytes);
  assert.equal(requests.filter((request) => request.startsWith("PUT bytes 0-")).length, 1);
});

test(
  "Golden Retriever brings an upload back after a reload, and it goes on where it was",
  { skip },
  async () => {
    const bytes = await choose(4 * CHUNK);
    await slowDown(1, PATIENCE_MS);
    await startUpload();
    await underWay();
    await page.waitForTimeout(1_000); // Golden Retriever writes its notes twice a second
    requests.length = 0;
    await page.reload();
    await open();
    await page.click(".uppy-StatusBar-actionBtn--upload, .uppy-Dashboard-serviceMsg-actionBtn");
    await succeeded();
    assert.equal(requests[0], `PUT bytes */${4 * CHUNK}`);
    assert.ok(requests.every((request) => !request.startsWith("PUT bytes 0-")));
    await assertStored(bytes);
  },
);
