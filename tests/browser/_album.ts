/** An album that goes through the page: how long it takes, what it asks of the edge, and how long nothing moves. */
import type { Page } from "playwright-core";
import { URLS } from "../_cloud.ts";

/** What sending an album took. */
export interface AlbumFigures {
  readonly pictures: number;
  readonly seconds: number;
  /** The longest time in which no byte left and no picture got ready. */
  readonly longestStillMs: number;
  /** Calls of the edge, and those that were answered by 429. */
  readonly calls: number;
  readonly limited: number;
}

const LONGEST_MS = 900_000;
const EVERY_MS = 50;

/** Adds files to the page of somebody who is signed in, and waits until all are ready. */
export async function sendAlbum(
  page: Page,
  files: Parameters<ReturnType<Page["locator"]>["setInputFiles"]>[0] & readonly unknown[],
): Promise<AlbumFigures> {
  let [calls, limited] = [0, 0];
  const count = (response: { url(): string; status(): number }) => {
    if (!response.url().startsWith(`${URLS.edge}/v1/`)) return;
    calls++;
    if (response.status() === 429) limited++;
  };
  page.on("response", count);
  const startedMs = Date.now();
  await page.locator("#files").setInputFiles(files);
  const longestStillMs = await page.evaluate(watchProgress, [files.length, EVERY_MS, LONGEST_MS]);
  page.off("response", count);
  const seconds = (Date.now() - startedMs) / 1_000;
  return { pictures: files.length, seconds, longestStillMs, calls, limited };
}

/** Runs in the page: until so many are ready. */
async function watchProgress(
  [count, everyMs, longestMs]: readonly [number, number, number] | readonly number[],
): Promise<number> {
  let [shown, changedMs, longestStillMs] = ["", performance.now(), 0];
  const endMs = performance.now() + (longestMs ?? 0);
  while (performance.now() < endMs) {
    const progress = document.querySelector<HTMLProgressElement>(".queue > .progress");
    const note = document.querySelector(".queue-head .section-note")?.textContent ?? "";
    const now = `${progress?.value} ${note}`;
    if (now !== shown) changedMs = performance.now();
    longestStillMs = Math.max(longestStillMs, performance.now() - changedMs);
    // Pictures go into the gallery by themselves where that moves nothing in view.
    const isOver = note.startsWith(`${count} of ${count} `) || note === "" && shown !== "";
    if (isOver) return Math.round(longestStillMs);
    shown = note === "" ? "" : now;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`The album is not ready: ${shown}`);
}
