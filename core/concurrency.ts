/**
 * Runs `work` over `items` with at most `limit` under way; items are pulled as places get free, so that a listing is
 * never held whole. The first error stops the pulling and is thrown when what is under way has ended.
 */
export async function forEachBounded<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const underway = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const item of items) {
    if (failures.length > 0) break;
    const one: Promise<void> = work(item)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => underway.delete(one));
    underway.add(one);
    if (underway.size >= limit) await Promise.race(underway);
  }
  await Promise.all(underway);
  if (failures.length > 0) throw failures[0];
}
