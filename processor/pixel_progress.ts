import type { PixelEngine } from "@tintype/core/ports/pixel_engine";

/**
 * Counts a tenant's deliveries that are in their pixels or behind them: they keep nobody from a pixel process. The others
 * wait for one, or soon will.
 */
export class PixelProgress {
  readonly #renderingOf: (tenant: string) => number;
  readonly #behind = new Map<string, number>();

  constructor(renderingOf: (tenant: string) => number) {
    this.#renderingOf = renderingOf;
  }

  busyOf(tenant: string): number {
    return this.#renderingOf(tenant) + (this.#behind.get(tenant) ?? 0);
  }

  /** Runs a delivery with an engine that notes whose image was rendered, until the delivery ends. */
  async follow<T>(pixels: PixelEngine, run: (pixels: PixelEngine) => Promise<T>): Promise<T> {
    const rendered: string[] = [];
    try {
      return await run({
        render: async (request, options = {}) => {
          const made = await pixels.render(request, options);
          if (options.tenant !== undefined) {
            rendered.push(options.tenant);
            this.#add(options.tenant, 1);
          }
          return made;
        },
      });
    } finally {
      for (const tenant of rendered) this.#add(tenant, -1);
    }
  }

  #add(tenant: string, count: 1 | -1): void {
    const behind = (this.#behind.get(tenant) ?? 0) + count;
    if (behind === 0) this.#behind.delete(tenant);
    else this.#behind.set(tenant, behind);
  }
}
