/**
 * Counts what a probe does, whatever it says of itself: every number it reads, every view it takes, every length it
 * looks at, every byte it turns into text.
 */
const READERS = ["getUint8", "getUint16", "getUint32", "getBigUint64"] as const;
const TypedArray = Object.getPrototypeOf(Uint8Array.prototype);

/** Runs `work` and answers how many steps it took; nothing else may run meanwhile. */
export async function countSteps(work: () => Promise<unknown>): Promise<number> {
  let steps = 0;
  const restores = [
    ...READERS.map((name) => counting(DataView.prototype, name, () => steps += 1)),
    counting(DataView.prototype, "byteLength", () => steps += 1),
    counting(TypedArray, "subarray", () => steps += 1),
    counting(TypedArray, Symbol.iterator, (bytes) => steps += bytes.length),
  ];
  try {
    await work();
  } finally {
    for (const restore of restores) restore();
  }
  return steps;
}

/** Puts a method or getter in the place of one that counts its calls; the answer puts it back. */
function counting(
  prototype: object,
  name: string | symbol,
  count: (self: { readonly length: number }) => void,
): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, name);
  if (own === undefined) throw new TypeError(`Cannot count ${String(name)} as it is not there`);
  const kind = own.get === undefined ? "value" : "get";
  const inner: (...input: unknown[]) => unknown = own[kind];
  Object.defineProperty(prototype, name, {
    ...own,
    [kind](this: { readonly length: number }, ...input: unknown[]) {
      count(this);
      return Reflect.apply(inner, this, input);
    },
  });
  return () => Object.defineProperty(prototype, name, own);
}
