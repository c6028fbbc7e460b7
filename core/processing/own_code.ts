import { fitsColumn } from "../model/own_column.ts";
import { type OwnValue, ownValueSchema } from "../model/own_value.ts";
import { ImageRejected } from "../model/reject_reason.ts";
import type { Clock } from "../ports/clock.ts";
import type { Rendered } from "../ports/pixel_engine.ts";
import type { OwnInsight, PictureContext, Pipeline } from "./pipeline.ts";
import type { SharedPixels } from "./shared_pixels.ts";

/** Runs the company's code and takes its time: what it throws, its own refusals apart, costs this picture and nothing else. */
export class OwnCode {
  /** By step and insight, in milliseconds; a step of an animation runs on each frame. */
  readonly tookMs: Record<string, number> = {};
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs a step or an insight; throws ImageRejected, `processing_limit` for whatever it threw. */
  async run<Value>(what: string, code: () => Promise<Value>): Promise<Value> {
    const startMs = this.#clock.now();
    try {
      return await code();
    } catch (cause) {
      if (cause instanceof ImageRejected) throw cause;
      throw new ImageRejected("processing_limit", `the pipeline's ${what} broke`, { cause });
    } finally {
      const ms = Math.max(0, this.#clock.now() - startMs);
      this.tookMs[what] = (this.tookMs[what] ?? 0) + ms;
    }
  }
}

/** The most that all values of a picture may be in JSON: vectors of 4,096 numbers fit, a reply's header has room for it. */
const MAX_OWN_CHARACTERS = 131_072;

/** What a pipeline's steps and insights run with. */
export interface OwnRun {
  readonly own: OwnCode;
  readonly pipeline: Pipeline;
  readonly context: PictureContext;
}

/** The values of a pipeline's insights: those of columns, and those of the manifest alone. */
export async function measureOwn(
  shared: SharedPixels,
  { own, pipeline, context }: OwnRun,
): Promise<Pick<Rendered, "custom" | "extra">> {
  const custom: Record<string, OwnValue> = {};
  const extra: Record<string, OwnValue> = {};
  for (const [name, insight] of Object.entries(pipeline.insights)) {
    const values = insight.column === undefined ? extra : custom;
    values[name] = await own.run(`insight ${name}`, async () => {
      const pixels = await shared.forInsight(insight.sidePx);
      return storedValue(await insight.measure(pixels, context), insight);
    });
  }
  const size = JSON.stringify({ custom, extra }).length;
  if (size > MAX_OWN_CHARACTERS) {
    throw new ImageRejected(
      "processing_limit",
      `the pipeline's values are ${size} characters long`,
    );
  }
  return { custom, extra };
}

/** The value as row and manifest hold it: a number that is none is null, and BigQuery knows no missing list. */
function storedValue(value: OwnValue, { column }: OwnInsight): OwnValue {
  if (typeof value === "number" && !Number.isFinite(value)) return null;
  if (column === undefined) return ownValueSchema.parse(value);
  if (!fitsColumn(value, column)) {
    const kind = Array.isArray(value) ? `a list of ${value.length} items` : `a ${typeof value}`;
    const wanted = [column.mode, column.type].filter(Boolean).join(" ");
    throw new TypeError(`Cannot store ${kind} in a column of ${wanted}`);
  }
  return value === null && column.mode === "REPEATED" ? [] : value;
}
