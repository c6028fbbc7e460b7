import type { PixelEngine, Rendered, RenderRequest } from "../ports/pixel_engine.ts";
import { SAMPLE_INSIGHTS } from "./sample_manifest.ts";

/** How a {@link FakePixelEngine} behaves. */
export interface FakePixelEngineOptions {
  /** Runs before anything is made: the place to reject, to fail or to interleave. */
  readonly before?: (request: RenderRequest) => void | Promise<void>;
  /** Makes another engine's bytes of the same picture. */
  readonly version?: string;
  readonly custom?: Rendered["custom"];
}

/** Makes each rendition of its name, its box and the engine's version, without decoding anything. */
export class FakePixelEngine implements PixelEngine {
  readonly requests: RenderRequest[] = [];
  readonly #options: FakePixelEngineOptions;

  constructor(options: FakePixelEngineOptions = {}) {
    this.#options = options;
  }

  async render(request: RenderRequest): Promise<Rendered> {
    this.requests.push(request);
    await this.#options.before?.(request);
    const { version = "1", custom = {} } = this.#options;
    return {
      renditions: request.renditions.map(({ name, width, height }) => ({
        name,
        format: "jpeg",
        width,
        height,
        bytes: new TextEncoder().encode(`${name} ${width} x ${height} by fake ${version}`),
      })),
      insights: SAMPLE_INSIGHTS,
      camera: { make: "apple", model: "iPhone 15", hasGps: true },
      custom,
      extra: {},
      ownMs: {},
      timings: { decodeMs: 3, renditionsMs: 2, insightsMs: 1 },
      engine: `fake ${version}`,
    };
  }
}
