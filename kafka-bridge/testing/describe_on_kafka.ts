/** A frame for tests on a real broker: one broker and one storage for all tests of a file. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import process from "node:process";
import { after, before, describe, test, type TestContext } from "node:test";
import { PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { eventually } from "@tintype/core/testing/eventually";
import { type Program } from "@tintype/core/testing/start_program";
import { type Cloud, startCloud } from "./cloud.ts";
import type { TestTopics } from "./test_topics.ts";
import type { TestWorld } from "./world.ts";

/** Tests by what they show, each with topics of its own. */
export type KafkaTests<World = Cloud> = Readonly<
  Record<string, (world: World, topics: TestTopics) => Promise<void>>
>;

/** Uploads that take a quarter of a second each, so that there is a middle to be killed in. */
export const SLOW_UPLOADS = {
  match: { path: "^/upload/" },
  times: 100_000,
  action: { delayMs: 250 },
} as const;

/** A group of tests that share a cloud; each is skipped where there can be no broker, but not with `CI=true`. */
export function describeOnKafka(name: string, tests: KafkaTests): void {
  describeOn(name, startCloud, tests);
}

/** A group of tests that share what `start` starts; it returns a reason instead where it cannot. */
export function describeOn<World extends TestWorld>(
  name: string,
  start: () => Promise<World | string>,
  tests: KafkaTests<World>,
): void {
  let world: World | undefined;
  let missing: string | undefined;
  describe(name, () => {
    before(async () => {
      const started = await start();
      if (typeof started === "string") missing = started;
      else world = started;
    });
    after(() => world?.close());
    for (const [name, run] of Object.entries(tests)) {
      test(name, async (t: TestContext) => {
        if (world === undefined) {
          assert.notEqual(process.env["CI"], "true", missing);
          return t.skip(missing ?? "no broker");
        }
        const topics = await world.openTopics();
        try {
          await run(world, topics);
        } finally {
          await world.clearFaults();
          await topics.close();
        }
      });
    }
  });
}

/** As many values that are pictures. */
export function picturesOf(count: number): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: count }, () => PNG_PIXEL);
}

/** What a bridge answers at `/readyz`. */
export async function readinessOf(bridge: Program): Promise<string> {
  const { url } = await bridge.line("listening");
  return (await (await fetch(`${url}/readyz`)).text()).trim();
}

/** A bridge's metric, by its name and labels as they are printed; undefined where it is not. */
export async function metricOf(bridge: Program, series: string): Promise<number | undefined> {
  const { url } = await bridge.line("listening");
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((line) => line.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** Waits until a bridge answers that at `/readyz`. */
export async function becomes(bridge: Program, readiness: string): Promise<void> {
  await eventually(readiness, async () => await readinessOf(bridge) === readiness);
}

/** The MD5 of bytes as Cloud Storage shows it, in base64. */
export function md5Of(...parts: readonly Uint8Array[]): string {
  return createHash("md5").update(Buffer.concat(parts)).digest("base64");
}
