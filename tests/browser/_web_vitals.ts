import type { BrowserContext, Page } from "playwright-core";

/** Core Web Vitals as the browser measured them: times in milliseconds. */
export interface WebVitals {
  /** Largest Contentful Paint. */
  readonly lcpMs: number;
  /** Cumulative Layout Shift: the largest window of shifts that are within a second of each other, of five at most. */
  readonly cls: number;
  /** Every layout shift so far together, but those that an input of the person brought about. */
  readonly shifts: number;
  /** The slowest interaction so far. */
  readonly inpMs: number;
}

/** Has every page of the context measure itself from its first moment. */
export async function measureWebVitals(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const vitals = { lcpMs: 0, cls: 0, shifts: 0, inpMs: 0 };
    const window = { sum: 0, startMs: 0, lastMs: -Infinity };
    Object.assign(globalThis, { vitals });
    const observe = (type: string, see: (entry: PerformanceEntry) => void, options = {}) =>
      new PerformanceObserver((list) => list.getEntries().forEach(see))
        .observe({ type, buffered: true, ...options });
    observe("largest-contentful-paint", ({ startTime }) => vitals.lcpMs = startTime);
    observe("layout-shift", (entry) => {
      const { value, hadRecentInput, startTime } = entry as unknown as {
        value: number;
        hadRecentInput: boolean;
        startTime: number;
      }; // LayoutShift, which the library does not know
      if (hadRecentInput) return;
      const isNew = startTime - window.lastMs > 1_000 || startTime - window.startMs > 5_000;
      Object.assign(window, isNew ? { sum: 0, startMs: startTime } : {}, { lastMs: startTime });
      window.sum += value;
      vitals.shifts += value;
      vitals.cls = Math.max(vitals.cls, window.sum);
    });
    observe("event", (entry) => {
      const { interactionId } = entry as unknown as { interactionId?: number }; // Event Timing
      if (interactionId) vitals.inpMs = Math.max(vitals.inpMs, entry.duration);
    }, { durationThreshold: 16 });
  });
}

/** What the page has measured since it was loaded. */
export async function webVitalsOf(page: Page): Promise<WebVitals> {
  return await page.evaluate(() => (globalThis as unknown as { vitals: WebVitals }).vitals // put there by the script above
  );
}
