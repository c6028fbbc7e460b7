import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How far the limit gives way when a collection has not come below it. */
const GROWTH = 1.25;

type Collect = (options?: { readonly type: "minor" | "major" }) => void;

/**
 * Makes a function, to be called at each fetch, that collects dead buffers when all together have more than `limitBytes`.
 * V8 collects by the size of its heap, which is small here: what is dead of the fetches' buffers outgrows what lives
 * several times, and most of all on a busy machine.
 */
export function bufferCollector(limitBytes: number): () => void {
  setFlagsFromString("--expose-gc");
  // What is dead is given back at once, and not when a thread of the background comes to it.
  setFlagsFromString("--no-concurrent-array-buffer-sweeping");
  // A young generation that grows takes up to 100 MiB in time, and finds nothing there that would live for longer.
  setFlagsFromString("--semi-space-growth-factor=1");
  const collect: Collect = runInNewContext("gc");
  let nextBytes = limitBytes;
  const isOver = () => getHeapStatistics().external_memory > nextBytes;
  return () => {
    if (!isOver()) return;
    collect({ type: "minor" });
    if (!isOver()) return;
    collect();
    // Where so much is alive, collecting again at once would find nothing.
    nextBytes = isOver() ? GROWTH * limitBytes : limitBytes;
  };
}
