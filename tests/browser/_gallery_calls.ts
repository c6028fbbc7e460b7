/** How many calls the gallery makes to get its pictures' addresses. */
import assert from "node:assert/strict";
import type { Page, Request } from "playwright-core";
import { waitUntil } from "../_wait.ts";

/** The margin of `page/watched_tiles.ts`. */
const NEAR_PX = 120;

/** Opens the gallery in a low window, scrolls to its end and opens a picture: each may be asked for once, near the view. */
export async function requireOneCallEach(page: Page, timeoutMs: number): Promise<void> {
  const asked: string[] = [];
  const note = (request: Request) => {
    const imageId = /\/v1\/images\/([0-9a-f-]{36})$/.exec(request.url())?.[1];
    if (imageId !== undefined) asked.push(imageId);
  };
  page.on("request", note);
  await page.setViewportSize({ width: 1_280, height: 500 });
  await page.reload();
  await page.locator(".tile-image.is-shown").first().waitFor();
  const { near, all } = await countTiles(page);
  assert.ok(asked.length <= near && near < all, `${asked.length} of ${near}, in all ${all}`);
  await page.locator(".tile").last().scrollIntoViewIfNeeded();
  await waitUntil("all pictures", async () => {
    const seen = await page.locator(".tile-image.is-shown, .tile-note strong").count();
    return seen === all && asked.length >= all;
  }, timeoutMs);
  await page.locator(".tile:has(.tile-image) .tile-open").first().click();
  await page.locator(".viewer-image.is-shown").waitFor();
  await page.keyboard.press("Escape");
  page.off("request", note);
  assert.deepEqual([asked.length, new Set(asked).size], [all, all]);
}

async function countTiles(page: Page): Promise<{ near: number; all: number }> {
  return await page.evaluate((nearPx) => {
    const tops = [...document.querySelectorAll(".tile")]
      .map((tile) => tile.getBoundingClientRect().top);
    return { near: tops.filter((top) => top <= innerHeight + nearPx).length, all: tops.length };
  }, NEAR_PX);
}
