/** A model in ONNX' format, run by onnxruntime's own native code within the kernel's bounds of a pixel process. */
import { createRequire } from "node:module";
import type { RawPixels } from "@tintype/core/ports/image_codec";

/** What is used of the library, which may not be installed where this file is only checked. */
interface Onnx {
  readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => object;
  readonly env: { logLevel: string };
  readonly InferenceSession: {
    create(path: string, options: object): Promise<Session>;
  };
}
interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(inputs: Readonly<Record<string, object>>): Promise<Record<string, Output>>;
}

/** A model's first output. */
export interface Output {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** How pixels become a model's input: sides in pixels, and what is taken off and divided by in each channel, of 0 to 1. */
export interface InputFormat {
  readonly width: number;
  readonly height: number;
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** The numbers that most models which were trained on ImageNet want. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

/** It warns that a pixel process cannot read /proc/cpuinfo, which it does not need. */
const onnx: Onnx = createRequire(import.meta.url)("onnxruntime-node");
onnx.env.logLevel = "error";

/** Loads a model from a file of the package; one thread, as the pictures are what runs side by side. */
export async function loadModel(
  file: URL,
): Promise<(pixels: RawPixels, format: InputFormat) => Promise<Output>> {
  const session = await onnx.InferenceSession.create(file.pathname, {
    ...{ intraOpNumThreads: 1, interOpNumThreads: 1 },
    // An arena keeps what the largest picture took.
    ...{ enableCpuMemArena: false, enableMemPattern: false, logSeverityLevel: 3 },
  });
  const [input = "", output = ""] = [session.inputNames[0], session.outputNames[0]];
  return async (pixels, format) => {
    const shape = [1, 3, format.height, format.width];
    const tensor = new onnx.Tensor("float32", planesOf(pixels, format), shape);
    const found = (await session.run({ [input]: tensor }))[output];
    if (found === undefined) throw new TypeError(`Cannot run ${file.pathname}: it has no output`);
    return found;
  };
}

/** A plane for each of red, green and blue, the picture in the upper left corner, and nothing (the mean) beside it. */
function planesOf(
  { data, width, height, channels }: RawPixels,
  { mean, deviation, ...plane }: InputFormat,
): Float32Array {
  const planes = new Float32Array(3 * plane.width * plane.height);
  const [wide, high] = [Math.min(width, plane.width), Math.min(height, plane.height)];
  for (let channel = 0; channel < 3; channel += 1) {
    const [shift = 0, scale = 1] = [mean[channel], deviation[channel]];
    for (let y = 0; y < high; y += 1) {
      const row = (channel * plane.height + y) * plane.width;
      for (let x = 0; x < wide; x += 1) {
        const value = data[(y * width + x) * channels + channel] ?? 0;
        planes[row + x] = (value / 255 - shift) / scale;
      }
    }
  }
  return planes;
}
