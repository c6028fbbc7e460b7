/** What is done when tiles come into view and leave it. */
interface WatchedTilesOptions {
  /** Called when a tile comes into view or near it, and again from time to time while it is there. */
  readonly onCome: (imageId: string) => void;
  readonly onGo: (imageId: string) => void;
}

/** The id of what lists more pictures when it comes into view. */
export const MORE = "more";

/** So near to the view a tile counts as in it: a turn of the wheel finds its picture there. */
const NEAR = "120px";

/** Sees which tiles are in view or near it. */
export class WatchedTiles {
  readonly #visible = new Set<string>();
  readonly #options: WatchedTilesOptions;
  readonly #observer: IntersectionObserver;

  constructor(options: WatchedTilesOptions) {
    this.#options = options;
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.#see(target, isIntersecting);
    }, { rootMargin: NEAR });
  }

  /** Whether no tile is in view or near it. */
  get areOutOfView(): boolean {
    return this.#visible.size === 0;
  }

  /** Watches a tile; undefined stands for one that went. */
  readonly watch = (tile: Element | undefined): void => {
    if (tile !== undefined) this.#observer.observe(tile);
  };

  /** Reports again what is in view. */
  lookAgain(): void {
    for (const imageId of this.#visible) this.#options.onCome(imageId);
  }

  /** Reports what is in view as if it had left. */
  lookAway(): void {
    for (const imageId of this.#visible) this.#options.onGo(imageId);
  }

  #see(tile: Element, isVisible: boolean): void {
    const imageId = tile instanceof HTMLElement ? tile.dataset["id"] : undefined;
    if (imageId === undefined) return;
    if (tile.isConnected && isVisible) {
      this.#visible.add(imageId);
      this.#options.onCome(imageId);
    } else if (this.#visible.delete(imageId)) {
      this.#options.onGo(imageId);
    }
  }
}

/** Called with each tile, so that it is seen when it comes into view; undefined stands for one that went. */
export type OnTile = (tile: Element | undefined) => void;
