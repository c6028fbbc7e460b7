/**
 * A real browser for tests: Debian's Chromium, driven by Playwright, with a profile of its own that goes with it.
 * What a page says on its console and which hosts it asks is written down, so that tests can say that it was nothing.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
  .find((path) => existsSync(path));

/** Why tests in a browser are skipped, or false. */
export const WITHOUT_CHROMIUM: string | false = CHROMIUM === undefined
  ? "Chromium is not there: apt-get install chromium"
  : false;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** For pages that a test's route serves: they have no address, so that the browser asks before they reach loopback. */
export const ROUTED_PAGES: readonly string[] = ["--disable-features=LocalNetworkAccessChecks"];

/** Starts Chromium without a window; throws where it is not there. */
export async function openBrowser(flags: readonly string[] = []): Promise<Browser> {
  assert.ok(CHROMIUM !== undefined, String(WITHOUT_CHROMIUM));
  return await chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] });
}

/** What a page has done that it should not have. */
export interface PageWatch {
  /** Errors and warnings on the console, and uncaught ones. */
  readonly complaints: string[];
  /** Hosts that were asked, each once. */
  readonly hosts: ReadonlySet<string>;
}

/** Watches every page of a context. */
export function watchPages(context: BrowserContext): PageWatch {
  const complaints: string[] = [];
  const hosts = new Set<string>();
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      complaints.push(`${message.text()} (${message.location().url})`);
    }
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol.startsWith("http")) hosts.add(host);
  });
  return { complaints, hosts };
}

/** A folder of `.tintype` for what a suite wants looked at. */
export async function outputFolder(name: string): Promise<string> {
  const folder = join(ROOT, ".tintype/screenshots", name);
  await mkdir(folder, { recursive: true });
  return folder;
}

const WIDTHS = [
  { name: "phone", width: 390, height: 844 },
  { name: "tablet", width: 820, height: 1_180 },
  { name: "desktop", width: 1_440, height: 900 },
] as const;

/** Screenshots that `DOCS_IMAGES=1` makes the pictures of the documents, by the names of those. */
const DOCUMENTED: Readonly<Record<string, string>> = {
  queue_desktop_light: "page",
  gallery_desktop_light: "page_gallery",
  viewer_desktop_dark: "page_viewer",
  viewer_phone_dark: "page_phone",
  guest_link_phone_light: "page_guest_link",
  guest_phone_light: "page_guest",
};

/** Photographs the page as it is at three widths and in both colour schemes, and checks that nothing is cut off. */
export async function photograph(page: Page, folder: string, name: string): Promise<void> {
  for (const size of WIDTHS) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await settled(page);
      const title = `${name}_${size.name}_${colorScheme}`;
      await page.screenshot({ path: join(folder, `${title}.png`) });
      const documented = process.env["DOCS_IMAGES"] === "1" ? DOCUMENTED[title] : undefined;
      if (documented === undefined) continue;
      const path = join(ROOT, "docs/images", `${documented}.jpg`);
      await page.screenshot({ path, type: "jpeg", quality: 80 });
    }
    const overflowPx = await page.evaluate(() =>
      document.documentElement.scrollWidth - document.documentElement.clientWidth
    );
    assert.ok(overflowPx <= 0, `${name} is ${overflowPx} px too wide at ${size.width} px`);
  }
}

/** Waits until the browser has drawn, and every picture in view has come. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const shown = [...document.images].filter((image) => {
      const { top, bottom } = image.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    });
    await Promise.all(shown.map((image) => image.decode().catch(() => undefined)));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
}
