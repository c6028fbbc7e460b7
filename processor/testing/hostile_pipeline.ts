/** A pipeline for the pool's tests that misbehaves by the picture's width. */
import { definePipeline, rejectPicture } from "@tintype/core/processing/pipeline";
import type { RawPixels } from "@tintype/core/ports/image_codec";

const held: Uint8Array[] = [];

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

const DEEDS: Readonly<Record<number, (pixels: RawPixels) => void | Promise<void>>> = {
  101: () => {
    throw new TypeError("broken");
  },
  102: () => {
    for (;;);
  },
  103: () => Deno.exit(7),
  104: async () => {
    for (;;) {
      held.push(new Uint8Array(32 * 2 ** 20).fill(1));
      await sleep(5);
    }
  },
  110: () => {
    for (;;) held.push(new Uint8Array(8 * 2 ** 20).fill(1));
  },
  111: () => void Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {}),
  105: () => rejectPicture("no pictures of 105 pixels"),
  106: async () => {
    console.log(`slow in ${Deno.pid}`);
    await sleep(800);
  },
  107: async () => {
    await fetch("http://127.0.0.1:44444/");
  },
  108: async () => {
    await Deno.writeTextFile("/tmp/written-by-a-pipeline", "");
  },
  109: () => {
    new Deno.Command("/bin/true").spawn();
  },
};

export default definePipeline({
  steps: [{
    name: "hostile",
    async apply(pixels) {
      await DEEDS[pixels.width]?.(pixels);
      return pixels;
    },
  }],
  insights: {
    step_width: {
      sidePx: 1,
      column: { type: "INT64", description: "Width of the pixels that insights see" },
      measure: ({ width }) => width,
    },
  },
});
