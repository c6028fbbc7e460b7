/** `@tintype/client/uppy` under Uppy's own Dashboard in a real browser, through the real edge into the local storage. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { bundle, openClientPage } from "./_client_page.ts";
import { type Edge, openEdge } from "./_edge.ts";
import { sha256 } from "./_pictures.ts";
import { openBrowser, ROUTED_PAGES, WITHOUT_CHROMIUM } from "./browser/_browser.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PATIENCE_MS = 60_000;
const CHUNK = 256 * 1024;
const skip = WITHOUT_CHROMIUM;

let script: string;
let style: string;
let edge: Edge;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Requests to the storage: method, and for a PUT what it brings. */
let requests: string[];

before(async () => {
  if (skip !== false) return;
  [edge, browser] = await Promise.all([openEdge("acme"), openBrowser(ROUTED_PAGES)]);
  const settings = { edge: edge.url, token: await edge.token("uppy") };
  script = await bundle(
    `globalThis.settings = ${JSON.stringify(settings)}; await import("./_dashboard_fixture.ts");`,
  );
  const sheets = ["core", "dashboard"].map((name) =>
    readFile(join(ROOT, `node_modules/@uppy/${name}/dist/style.min.css`), "utf8")
  );
  style = (await Promise.all(sheets)).join("\n");
});
beforeEach(async () => {
  if (skip !== false) return;
  await context?.close();
  await edge.clearFaults();
  context = await browser.newContext();
  requests = [];
  context.on("request", (request) => {
    if (!request.url().includes("upload_id=")) return;
    requests.push(`${request.method()} ${request.headers()["content-range"] ?? ""}`.trim());
  });
  page = await openClientPage(context, { script, style });
  await page.waitForSelector(".uppy-Dashboard-AddFiles");
});
after(async () => {
  await browser?.close();
  await edge?.stop();
});

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
  await edge.addFault({ match: later, times, action: { delayMs } });
}

/** Waits until a second chunk is on its way. */
async function underWay(): Promise<void> {
  await page.waitForRequest((request) =>
    request.headers()["content-range"]?.startsWith(`bytes ${CHUNK}-`) === true
  );
}

async function assertStored(bytes: readonly Buffer[]): Promise<void> {
  const stored = new Set((await edge.storedDigests()).values());
  for (const each of bytes) assert.ok(stored.has(sha256(each)));
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
    assert.equal(requests.filter((request) => request.startsWith("PUT")).length, 3 + 1);
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
  const before = (await edge.storedDigests()).size;
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
  assert.equal((await edge.storedDigests()).size, before);
});

test("Uppy's Dashboard says why an upload failed, and its retry goes on with the same session", {
  skip,
}, async () => {
  const bytes = await choose(3 * CHUNK);
  for (const range of ["[1-9]", String.raw`\*`]) {
    const match = { method: "PUT", header: `content-range: ^bytes ${range}` };
    await edge.addFault({ match, times: 1, action: { status: 503 } });
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
    await page.waitForSelector(".uppy-Dashboard-files");
    await page.click(".uppy-StatusBar-actionBtn--upload, .uppy-Dashboard-serviceMsg-actionBtn");
    await succeeded();
    assert.equal(requests[0], `PUT bytes */${4 * CHUNK}`);
    assert.ok(requests.every((request) => !request.startsWith("PUT bytes 0-")));
    await assertStored(bytes);
  },
);
