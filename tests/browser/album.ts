/**
 * For `deno task bench album`: `paint FOLDER COUNT BYTES` paints photographs of about so many bytes, `send FOLDER COUNT`
 * sends them through the page of the running local system in a real browser, and prints what that took as JSON.
 */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import type { Browser } from "playwright-core";
import { URLS } from "../_cloud.ts";
import { sendAlbum } from "./_album.ts";
import { openBrowser } from "./_browser.ts";
import { paintLandscapes } from "./_landscapes.ts";

const PAINTINGS = 10;

/** The same painting with a comment of its own is another file (ITU-T T.81, section B.2.4.5). */
function withComment(jpeg: Buffer, text: string): Buffer {
  const head = Buffer.from([0xff, 0xfe, 0, text.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), head, Buffer.from(text), jpeg.subarray(2)]);
}

async function paint(browser: Browser, folder: string, [count = 0, bytes = 0]: readonly number[]) {
  const paintings = await paintLandscapes(browser, PAINTINGS, { mostBytes: bytes });
  await mkdir(folder, { recursive: true });
  for (let at = 0; at < count; at++) {
    const painting = paintings[at % PAINTINGS];
    if (painting === undefined) continue;
    const name = `${String(at).padStart(4, "0")}.jpg`;
    await writeFile(join(folder, name), withComment(painting.buffer, name));
  }
}

async function send(browser: Browser, folder: string, [count]: readonly number[]) {
  const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
  await page.goto(URLS.edge);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("#files").waitFor({ state: "attached" });
  const files = (await readdir(folder)).sort().slice(0, count).map((name) => join(folder, name));
  console.log(JSON.stringify(await sendAlbum(page, files)));
}

const [what, folder = "", ...numbers] = process.argv.slice(2);
const browser = await openBrowser();
try {
  await (what === "paint" ? paint : send)(browser, folder, numbers.map(Number));
} finally {
  await browser.close();
}
