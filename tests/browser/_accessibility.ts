import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Page } from "playwright-core";

const SOURCE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Runs every rule of axe-core on the page as it is, in both colour schemes; throws with what it finds. */
export async function requireAccessible(page: Page, state: string): Promise<void> {
  const source = await readFile(SOURCE, "utf8");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // As the browser's own console would: the page's policy lets no other script in.
    await page.evaluate(source);
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") }; // just put there
      return (await axe.run(document)).violations;
    });
    assert.deepEqual(violations.map(summaryOf), [], `${state}, ${colorScheme}`);
  }
}

function summaryOf({ id, help, nodes }: axe.Result): string {
  const places = nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`);
  return `${id}: ${help}\n${places.join("\n")}`;
}
