/**
 * Runs `work` on each item as it comes, without waiting for the one before; results in the items' order. Throws what the
 * items throw, or else the first failure of the work, once all items have come: none goes unheard meanwhile, which would
 * end the process.
 */
export async function mapAsTheyCome<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const working: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    result.catch(() => undefined); // told below
    working.push(result);
  }
  return await Promise.all(working);
}
