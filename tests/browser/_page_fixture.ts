/** The upload page in a real browser, against the whole system, and what a person does there. */
import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { eventually } from "@tintype/core/testing/eventually";
import { URLS } from "../_cloud.ts";
import { addFault, clearFaults } from "../_emulator.ts";
import { requireAccessible } from "./_accessibility.ts";
import { openBrowser, outputFolder, photograph, watchPages } from "./_browser.ts";
import { paintLandscapes, type PickedFile } from "./_landscapes.ts";
import { measureWebVitals } from "./_web_vitals.ts";

/** How long a step may wait for anything. */
export const READY_MS = 60_000;
/** A photograph that is on its way for some seconds. */
const SLOW = {
  match: { method: "PUT", path: "upload_id=" },
  times: 1_000,
  action: { delayMs: 800 },
} as const;

/** The page, and what a person does there. */
export type UploadPage = Awaited<ReturnType<typeof openUploadPage>>;

/** Things that a person does, by what the page must do then; each builds on those before it. */
export type Steps = Readonly<Record<string, (upload: UploadPage) => Promise<void>>>;

/** Opens a browser with an empty page, watched from its first moment, and paints twelve photographs of some megabytes. */
export async function openUploadPage() {
  const browser = await openBrowser();
  const photographs = await paintLandscapes(browser, 12);
  const output = await outputFolder("page");
  // Its service worker would take the place of a test's routes; one step has a context with it.
  const context = await browser.newContext({
    viewport: { width: 1_280, height: 800 },
    serviceWorkers: "block",
  });
  context.setDefaultTimeout(READY_MS);
  const watch = watchPages(context);
  await measureWebVitals(context);
  const page = await context.newPage();

  /** The line of a file that is on its way or refused. */
  function row(name: string): Locator {
    return page.locator(".row", { hasText: name });
  }

  async function add(files: readonly PickedFile[]): Promise<void> {
    await page.locator("#files").setInputFiles([...files]);
  }

  return {
    browser,
    page,
    watch,
    photographs,
    output,
    row,
    add,
    /** Adds files whose upload takes long, and runs `meanwhile` while they are on their way. */
    async addSlowly(files: readonly PickedFile[], meanwhile: () => Promise<void>): Promise<void> {
      await addFault(URLS.storage, SLOW);
      await add(files);
      await page.locator(".row").first().waitFor();
      await page.locator(".row-state", { hasText: " of " }).first().waitFor();
      await meanwhile();
      await clearFaults(URLS.storage);
    },
    /** The photograph at this place; throws where there is none. */
    photograph(index: number): PickedFile {
      const file = photographs[index];
      assert.ok(file !== undefined, `there is no photograph ${index}`);
      return file;
    },
    requireAccessible: (state: string) => requireAccessible(page, state),
    /** Runs axe-core on what is shown, and photographs it at every width. */
    async look(state: string): Promise<void> {
      await requireAccessible(page, state);
      await photograph(page, output, state);
    },
    /** Waits until nothing is on its way, and has what is ready shown in the gallery. */
    async showAll(): Promise<void> {
      const show = page.getByRole("button", { name: /^Show .*gallery$/ });
      await page.getByRole("heading", { name: "Ready", exact: true }).waitFor();
      await show.click();
      assert.equal(await page.evaluate(() => document.activeElement?.id), "gallery-title");
    },
    /** Waits until the gallery has so many pictures, and nothing is on its way. */
    async ready(count: number): Promise<void> {
      await eventually(`${count} pictures in the gallery`, async () => {
        const tiles = await page.locator(".tile-image.is-shown").count();
        return tiles === count && await page.locator(".row:not(.is-refused)").count() === 0;
      }, READY_MS);
    },
    /**
     * Takes the network away, or gives it back. The event comes from the test, as the browser of a machine without any
     * network but its own counts itself offline all the time, and so reports no change.
     */
    async setOnline(isOnline: boolean): Promise<void> {
      await context.setOffline(!isOnline);
      await page.evaluate(
        (name) => dispatchEvent(new Event(name)),
        isOnline ? "online" : "offline",
      );
    },
  };
}
