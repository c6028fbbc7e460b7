import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { AppError } from "@tintype/core/errors";
import { nodeStreams } from "../_testing.ts";
import { ImageBody } from "./_image_body.ts";

const STORAGE_MS = 30_000;

async function* chunksOf(...sizes: readonly number[]): AsyncGenerator<Uint8Array, void, void> {
  for (const size of sizes) yield new Uint8Array(size);
}

/** Sends 300 bytes to a storage that takes chunks and never answers; says whether it was given up, and how it ended. */
function sendToSilence(chunks: number) {
  const state = { taken: 0, givenUp: false };
  const body = new ImageBody({
    contentType: "image/png",
    size: 300,
    chunks: chunksOf(100, 100, 100),
    streams: nodeStreams,
  });
  const ended = body.sendTo(async (readable, signal) => {
    const reader = readable.getReader();
    while (state.taken < chunks) {
      await reader.read();
      state.taken++;
    }
    return await new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        state.givenUp = true;
        reject(new AppError("unavailable", "Storage does not answer now"));
      });
    });
  }, { sha256: undefined, maxBytes: 1_000 });
  return { state, ended };
}

for (
  const [what, chunks] of [["takes all bytes and never answers", 3], ["stops to read", 1]] as const
) {
  test(`a storage that ${what} is given up after 30 seconds`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { state, ended } = sendToSilence(chunks);
    const refused = assert.rejects(ended, { code: "unavailable" });
    while (state.taken < chunks) await turn();
    for (let turns = 0; turns < 20; turns++) await turn(); // until whatever can go on has
    t.mock.timers.tick(STORAGE_MS - 1);
    await turn();
    assert.equal(state.givenUp, false);
    t.mock.timers.tick(1);
    await turn();
    assert.equal(state.givenUp, true);
    for (let turns = 0; turns < 20; turns++) await turn();
    t.mock.timers.tick(STORAGE_MS);
    await refused;
  });
}
