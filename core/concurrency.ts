/**
 * Runs `work` over `items` with at most `limit` under way; items are pulled as places get free, so that a listing is
 * never held whole. The first error, of the work or of the items, stops the pulling and is thrown when what is under
 * way has ended.
 */
export async function forEachBounded<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const underway = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const fail = (error: unknown) => void failures.push(error);
  try {
    for await (const item of items) {
      if (failures.length > 0) break;
      const one: Promise<void> = work(item).catch(fail).finally(() => underway.delete(one));
      underway.add(one);
      if (underway.size >= limit) await Promise.race(underway);
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(underway);
  if (failures.length > 0) throw failures[0];
}

/** A gate that lets at most `limit` pieces of work through at a time, in the order in which they came. */
export function createGate(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = limit;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}

/** As `Promise.all`, but where one fails the error is thrown when all have ended: nothing goes on behind its caller. */
export async function allEnded<Work extends readonly unknown[] | []>(
  work: Work,
): Promise<{ -readonly [Key in keyof Work]: Awaited<Work[Key]> }> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}

/** Runs `work` to its end (true) or until `signal` cuts it (false); what it throws for another cause goes through. */
export async function untilCut(
  signal: AbortSignal | undefined,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (signal?.aborted) return false;
    throw error;
  }
}
