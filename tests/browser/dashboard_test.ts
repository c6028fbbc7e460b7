/** The local BigQuery's dashboard in a real browser: empty, live, broken in one view, and without its server. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ImageRow, RowValue } from "@tintype/core/model/image_row";
import { parseTenant } from "@tintype/core/model/tenant";
import { sampleRef, sampleRow } from "@tintype/core/testing/sample_row";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import type { Browser, Page } from "playwright-core";
import { requireAccessible } from "./_accessibility.ts";
import {
  openBrowser,
  outputFolder,
  type PageWatch,
  photograph,
  watchPages,
  WITHOUT_CHROMIUM,
} from "./_browser.ts";

const skip = WITHOUT_CHROMIUM;
const API = "/bigquery/v2/projects/tintype-local";

test("the dashboard", { skip }, async (t) => {
  let bigquery: Emulator;
  let browser: Browser;
  let page: Page;
  let watch: PageWatch;
  let folder: string;

  before(async () => {
    bigquery = await startEmulator("bigquery");
    browser = await openBrowser();
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    watch = watchPages(context);
    page = await context.newPage();
    folder = await outputFolder("dashboard");
    await page.goto(`${bigquery.url}/`);
  });
  after(async () => {
    await browser?.close();
    await bigquery?.stop();
  });

  await t.test("says what to do where nothing has come in", async () => {
    await page.locator("#live.is-live").waitFor();
    assert.match(await page.locator("#no-images").innerText(), /No images yet/);
    assert.equal(await page.locator(".card .empty").count(), await page.locator(".card").count());
    await photograph(page, folder, "empty");
  });

  await t.test("shows by itself what comes in", async () => {
    await insert(bigquery, "images", sampleImages());
    await page.locator("#no-images").waitFor({ state: "hidden" });
    const volume = page.locator("canvas").first();
    assert.match(await volume.getAttribute("aria-label") ?? "", /ready 3, rejected 1, failed 0/);
    assert.ok(await inkOf(page) > 1_000, "the chart is blank");
    assert.match(await page.locator("#tiles").innerText(), /are ready\s+75 %/);
    assert.match(await page.locator(".due .left").first().innerText(), /^in 6 d \d+ h$/);
    await page.locator("summary", { hasText: "Figures" }).first().click();
    assert.equal(await page.locator(".card details[open] tbody tr").count(), 1);
  });

  await t.test("shows the state of the newest certificate", async () => {
    await insert(bigquery, "purges", [sweepOf("raw", 0), sweepOf("processed", 2)]);
    await page.locator(".verdict.bad", { hasText: "2 overdue" }).waitFor();
  });

  await t.test("runs a question, and is drawn well at each width and in each scheme", async () => {
    await page.locator("#question-list button").first().click();
    await page.locator(".answer table").waitFor();
    assert.match(await page.locator(".answer table").innerText(), /edge\s+4/);
    await photograph(page, folder, "live");
    await requireAccessible(page, "live");
  });

  await t.test("shows what is chosen alone, and everything again", async () => {
    const volume = page.locator("canvas").first();
    const other = sampleRow({ ...sampleRef(), tenant: parseTenant("other") }, { bytes: 10 });
    await insert(bigquery, "images", [other]);
    const tenants = page.locator("#filters select[name=tenant]");
    await tenants.locator("option[value=other]").waitFor({ state: "attached" });
    await tenants.selectOption("other");
    assert.match(await volume.getAttribute("aria-label") ?? "", /ready 1, rejected 0/);
    await page.locator("#filters select[name=source]").selectOption("edge");
    await tenants.selectOption("");
    assert.match(await volume.getAttribute("aria-label") ?? "", /ready 4, rejected 1/);
  });

  await t.test("asks no other host and complains of nothing", () => {
    assert.deepEqual([...watch.hosts], [new URL(bigquery.url).host]);
    assert.deepEqual(watch.complaints, []);
  });

  await t.test("runs whatever SQL is written into the box, and says what is wrong with it", async () => {
    const box = page.locator("#sql-box");
    const ask = async (sql: string) => {
      await box.locator("textarea").fill(sql);
      await box.locator("textarea").press("Control+Enter");
    };
    await ask("SELECT COUNT(DISTINCT tenant) AS tenants FROM tintype.images_current");
    await box.locator("td", { hasText: /^2$/ }).waitFor();
    await ask("SELECT nothing FROM tintype.images_current");
    assert.match(await box.locator(".problem").innerText(), /nothing/);
    await requireAccessible(page, "asked");
  });

  await t.test("says which view cannot be read, and goes on with the others", async () => {
    const table = `${bigquery.url}${API}/datasets/tintype/tables/dominant_colors`;
    assert.equal((await fetch(table, { method: "DELETE" })).status, 204);
    const problem = page.locator(".card .problem");
    await problem.waitFor();
    assert.match(await problem.innerText(), /cannot be read.*dominant_colors/s);
    assert.equal(await page.locator("#live.is-live").count(), 1);
  });

  await t.test("keeps the last answer and says so where BigQuery is gone", async () => {
    await bigquery.stop();
    await page.locator("#live.is-broken").waitFor();
    assert.match(await page.locator("#live").innerText(), /does not answer.*last answer/s);
    assert.equal(await page.locator(".card .problem").count(), 1);
  });
});

function sampleImages(): ImageRow[] {
  const ready = {
    media_type: "image/jpeg",
    bytes: 1_000_000,
    dominant_color_1: "#c23b22",
    queue_ms: 40,
    decode_ms: 90,
    total_ms: 200,
    renditions: ["large", "medium", "thumb"].map((name) => ({
      ...{ name, width: 200, height: 150 },
      ...{ media_type: "image/jpeg", bytes: 30_000 },
    })),
    rendition_bytes: 90_000,
  };
  const rejected = { status: "rejected", reason: "truncated", bytes: 400 };
  const values: Readonly<Record<string, RowValue>>[] = [ready, ready, ready, rejected];
  return values.map((row) => sampleRow(sampleRef(), row));
}

function sweepOf(store: string, overdue: number): Readonly<Record<string, RowValue>> {
  const swept_at = new Date().toISOString();
  const counts = { looked_at: 4, deleted: 0, overdue };
  return { certificate: 1, swept_at, store, evidence: "observed", ...counts };
}

async function insert(
  bigquery: Emulator,
  table: string,
  rows: readonly Readonly<Record<string, RowValue>>[],
): Promise<void> {
  const target = { project: "tintype-local", dataset: "tintype", table };
  const written = await bigquery.control("POST", "/_local/rows", { ...target, rows });
  assert.deepEqual(written, { errors: [] });
}

/** Points of the first chart that are drawn. */
function inkOf(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector("canvas");
    const drawing = canvas?.getContext("2d");
    if (!canvas || !drawing) return 0;
    const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, index) => index % 4 === 3 && value > 0).length;
  });
}
