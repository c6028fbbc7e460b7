/**
 * Faces and labels by `@vladmandic/human` (BlazeFace and CenterNet, MIT), in WebAssembly and from the files of its package:
 * nothing is fetched. Loaded once a process, before it takes pictures.
 */
import { createRequire } from "node:module";
import { oncePerPicture } from "@tintype/core/processing/pipeline";
import type { RawPixels } from "@tintype/core/ports/image_codec";

/** A face, in shares of the picture's sides. */
export interface Face {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** How sure the detector is, 0 to 1. */
  readonly score: number;
}

/** What is seen in a picture. */
export interface Sight {
  readonly faces: readonly Face[];
  readonly labels: readonly { readonly label: string; readonly score: number }[];
}

/** Below it the detector's boxes are mostly none: what is blurred; what is counted is surer. */
const BLUR_SCORE = 0.3;

/** The longest side that models are given at least, where the picture has as much. */
const LOOK_PX = 800;

interface Tensor {
  dispose(): void;
}
/** What is used of the library, which may not be installed where this file is only checked. */
interface Human {
  readonly tf: {
    tensor3d(data: Int32Array, shape: readonly number[], type: "int32"): Tensor;
  };
  load(): Promise<void>;
  detect(input: Tensor): Promise<{
    readonly error: string | null;
    readonly face: readonly {
      readonly boxRaw: readonly [number, number, number, number];
      readonly boxScore: number;
    }[];
    readonly object: readonly { readonly label: string; readonly score: number }[];
  }>;
}

const load = createRequire(import.meta.url);
const packageUrl = (path: string) => new URL(`node_modules/${path}`, import.meta.url);
const off = { enabled: false };

const library = load(packageUrl("@vladmandic/human/dist/human.node-wasm.js").pathname);
const human: Human = new library.default({
  backend: "wasm",
  wasmPath: packageUrl("@tensorflow/tfjs-backend-wasm/dist/").href,
  modelBasePath: packageUrl("@vladmandic/human/models/").href,
  // It is made for video and takes a picture that looks like the last one for it: here that is another person's.
  cacheSensitivity: 0,
  filter: off,
  face: {
    enabled: true,
    detector: {
      minConfidence: BLUR_SCORE,
      maxDetected: 100,
      rotation: false,
      skipFrames: 0,
      skipTime: 0,
    },
    ...{ mesh: off, iris: off, emotion: off, description: off, attention: off },
    ...{ antispoof: off, liveness: off },
  },
  object: { enabled: true, minConfidence: 0.4, maxDetected: 20, skipFrames: 0, skipTime: 0 },
  ...{ body: off, hand: off, gesture: off, segmentation: off },
});
await human.load();

/** Faces and labels of a picture, found once: of the first step's pixels. */
export const look = oncePerPicture(detect);

async function detect(pixels: RawPixels): Promise<Sight> {
  const { data, width, height } = thinned(pixels);
  const input = human.tf.tensor3d(data, [height, width, 3], "int32");
  try {
    const { error, face, object } = await human.detect(input);
    if (error !== null) throw new Error(`Cannot look at the picture: ${error}`);
    const faces = face.map(({ boxRaw: [left, top, wide, high], boxScore: score }) => (
      { left, top, width: wide, height: high, score }
    ));
    return { faces, labels: object.map(({ label, score }) => ({ label, score })) };
  } finally {
    input.dispose();
  }
}

/** Every pixel, every second one and so on in red, green and blue: the models shrink pictures to 512 and 256 themselves. */
function thinned({ data, width, height, channels }: RawPixels) {
  const step = Math.max(1, Math.floor(Math.max(width, height) / LOOK_PX));
  const sides = { width: Math.floor(width / step), height: Math.floor(height / step) };
  const rgb = new Int32Array(3 * sides.width * sides.height);
  let to = 0;
  for (let y = 0; y < sides.height; y += 1) {
    for (let x = 0; x < sides.width; x += 1) {
      const from = (y * width + x) * step * channels;
      for (let channel = from; channel < from + 3; channel += 1) rgb[to++] = data[channel] ?? 0;
    }
  }
  return { data: rgb, ...sides };
}
