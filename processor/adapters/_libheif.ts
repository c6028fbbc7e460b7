/** What is used of libheif-js, whose own types leave this interface out; loaded with the first HEIC, as it takes memory. */

/** A decoded item; `width` and `height` are those after turning and cropping. */
export interface HeifImage {
  get_width(): number;
  get_height(): number;
  is_primary(): boolean;
  /** Fills `data` with RGBA and answers it, or null where the pixels cannot be decoded; may answer before it returns. */
  display(
    target: { data: Uint8ClampedArray; width: number; height: number },
    done: (result: { data: Uint8ClampedArray } | null) => void,
  ): void;
  free(): void;
}

interface LibHeif {
  readonly HeifDecoder: new () => { decode(bytes: Uint8Array): HeifImage[] };
}

let loaded: Promise<LibHeif> | undefined;

/** Loads the decoder once. */
export function loadLibHeif(): Promise<LibHeif> {
  loaded ??= import("libheif-js/wasm-bundle.js")
    .then((module: { default: unknown }) => module.default as LibHeif); // its own README's interface
  return loaded;
}
