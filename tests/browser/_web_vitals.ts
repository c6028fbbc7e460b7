import type { BrowserContext, Page } from "playwright-core";

/** Core Web Vitals as the browser measured them: times in milliseconds. */
export interface WebVitals {
  /** Largest Contentful Paint. */
  readonly lcpMs: number;
  /** Cumulative Layout Shift, all of them added up, which is never less than the metric's largest window. */
  readonly cls: number;
  /** The slowest interaction so far. */
  readonly inpMs: number;
}

/** Has every page of the context measure itself from its first moment. */
export async function measureWebVitals(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const vitals = { lcpMs: 0, cls: 0, inpMs: 0 };
    Object.assign(globalThis, { vitals });
    const observe = (type: string, see: (entry: PerformanceEntry) => void, options = {}) =>
      new PerformanceObserver((list) => list.getEntries().forEach(see))
        .observe({ type, buffered: true, ...options });
    observe("largest-contentful-paint", ({ startTime }) => vitals.lcpMs = startTime);
    observe("layout-shift", (entry) => {
      const { value, hadRecentInput } = entry as unknown as {
        value: number;
        hadRecentInput: boolean;
      }; // LayoutShift, which the library does not know
      if (!hadRecentInput) vitals.cls += value;
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
