/** Sees which tiles are in view, and asks for their pictures when they come into it and again from time to time. */
export class WatchedTiles {
  readonly #visible = new Set<string>();
  readonly #want: (imageId: string) => void;
  readonly #observer: IntersectionObserver;

  constructor(want: (imageId: string) => void) {
    this.#want = want;
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.#see(target, isIntersecting);
    }, { rootMargin: "300px" });
  }

  /** Watches a tile; undefined stands for one that went. */
  readonly watch = (tile: Element | undefined): void => {
    if (tile !== undefined) this.#observer.observe(tile);
  };

  /** Asks again for what is in view. */
  lookAgain(): void {
    if (document.hidden) return;
    for (const imageId of this.#visible) this.#want(imageId);
  }

  #see(tile: Element, isVisible: boolean): void {
    const imageId = tile instanceof HTMLElement ? tile.dataset["id"] : undefined;
    if (imageId === undefined) return;
    if (!tile.isConnected || !isVisible) return void this.#visible.delete(imageId);
    this.#visible.add(imageId);
    this.#want(imageId);
  }
}
