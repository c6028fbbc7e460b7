import type { StoredColor } from "../../model/stored_color.ts";
import { colorOfCodePoints } from "./_code_points.ts";
import { profileColor } from "./_icc_name.ts";
import { viewOf } from "./_reader.ts";

/** Chunks that say what samples stand for (PNG, third edition, section 11.3.2). */
const CHUNKS = ["cICP", "sRGB", "gAMA", "cHRM", "cLLI", "mDCV"];
/** 1 / 2.2 as `gAMA` writes it: every writer of sRGB does. */
const SRGB_GAMMA = 45_455;

/** Collects a PNG's colour chunks; of several kinds the first of `cICP`, `iCCP`, `sRGB` and `gAMA` counts (section 4.3). */
export class PngColors {
  readonly #chunks = new Map<string, Uint8Array>();

  /** Whether a chunk of this type says anything of colours. */
  static reads(type: string): boolean {
    return CHUNKS.includes(type);
  }

  /** Takes a chunk's payload; a second one of its type does not count. */
  add(type: string, payload: Uint8Array): void {
    if (!this.#chunks.has(type)) this.#chunks.set(type, payload);
  }

  /** The colours that count, `iCCP` being there under a name; undefined where the file says nothing. */
  stored(iccName: string | undefined): StoredColor | undefined {
    const [primaries, transfer] = this.#chunks.get("cICP") ?? [];
    const points = colorOfCodePoints(primaries, transfer);
    if (points !== undefined) return { ...points, ...this.#peak() };
    if (iccName !== undefined) return profileColor(iccName);
    if (this.#chunks.has("sRGB")) {
      return { by: "code_points", primaries: "bt709", transfer: "srgb" };
    }
    return this.#gammaColor();
  }

  /** `gAMA` with the chromaticities of `cHRM`, which says nothing alone. */
  #gammaColor(): StoredColor | undefined {
    const gamma = numbersOf(this.#chunks.get("gAMA"))[0] ?? 0;
    if (gamma < 10_000 || gamma > 1_000_000) return undefined;
    const chromaticities = numbersOf(this.#chunks.get("cHRM")).map((value) => value / 100_000);
    const isSrgb = Math.abs(gamma - SRGB_GAMMA) < 50;
    const curve = isSrgb
      ? { transfer: "srgb" } as const
      : { transfer: "gamma", gamma: 100_000 / gamma } as const;
    if (chromaticities.length !== 8) return { by: "code_points", primaries: "bt709", ...curve };
    // The chunk has white first.
    const [whiteX = 0, whiteY = 0, ...colors] = chromaticities;
    const xy = [...colors, whiteX, whiteY];
    return { by: "code_points", primaries: "other", chromaticities: xy, ...curve };
  }

  #peak(): Pick<StoredColor, "peakNits"> {
    const content = numbersOf(this.#chunks.get("cLLI"))[0] ?? 0;
    const display = numbersOf(this.#chunks.get("mDCV")?.subarray(16))[0] ?? 0;
    const peakNits = (content || display) / 10_000;
    return peakNits > 0 ? { peakNits } : {};
  }
}

function numbersOf(payload: Uint8Array | undefined): number[] {
  if (payload === undefined) return [];
  const view = viewOf(payload);
  return Array.from({ length: payload.length >> 2 }, (_, at) => view.getUint32(at * 4));
}
