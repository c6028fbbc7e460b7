/**
 * Which batches of a fetch a reader of committed records sees. Kafka's own consumer goes by the broker's list of aborted
 * transactions alone, but a broker that replicated many transactions at once can leave some out of it
 * (docs/decisions/kafkajs.md). The control records in the log are what the list is made of: where a fetch holds the one that
 * ends a transaction, it decides.
 */
import { isControl, isTransactional, outcomeOf, type RecordBatch } from "./record_batch.ts";

/** A transaction that the broker lists as aborted, over the batches of its producer from an offset on. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** `unended`: of a transaction whose end the fetch does not hold, and which the broker does not list as aborted. */
type Verdict = "committed" | "aborted" | "unended" | "control";

/** What each batch of a fetch is, in their order. */
export async function verdictsOf(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
): Promise<Verdict[]> {
  const outcomes = await outcomesOf(batches);
  const listed = new ListedAborts(aborted);
  return batches.map((batch, index): Verdict => {
    const outcome = outcomes[index];
    const isListed = listed.holds(batch);
    if (isControl(batch)) {
      if (outcome === "aborted") listed.end(batch);
      return "control";
    }
    if (!isTransactional(batch)) return "committed";
    return outcome ?? (isListed ? "aborted" : "unended");
  });
}

/**
 * How many of the batches are to be taken now: all in front of the first that is unended, as the next fetch, which begins
 * with it, holds its end. All of them where that brings nothing: the fetch begins with it, or reaches to the last stable
 * offset, behind which its end lies.
 */
export function countTaken(
  batches: readonly RecordBatch[],
  verdicts: readonly Verdict[],
  lastStableOffset: bigint,
): number {
  const end = batches.at(-1)?.lastOffset ?? -1n;
  const first = verdicts.indexOf("unended");
  return first <= 0 || end + 1n >= lastStableOffset ? batches.length : first;
}

/** How the transaction of each batch ends: by the next control batch of its producer, where there is one. */
async function outcomesOf(batches: readonly RecordBatch[]) {
  const ends = new Map<bigint, Awaited<ReturnType<typeof outcomeOf>>>();
  const outcomes: ReturnType<typeof ends.get>[] = [];
  for (const batch of batches.toReversed()) {
    // One that cannot be decoded is reported when its turn comes.
    if (isControl(batch)) ends.set(batch.producerId, await outcomeOf(batch).catch(() => undefined));
    outcomes.push(ends.get(batch.producerId));
  }
  return outcomes.reverse();
}

/** The listed transactions that a reader is within, batch by batch, as Kafka's own consumer follows them. */
class ListedAborts {
  readonly #producers = new Set<bigint>();
  /** The broker lists them by their ends. */
  readonly #ahead: AbortedTransaction[];

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = aborted.toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
  }

  holds({ lastOffset, producerId }: RecordBatch): boolean {
    while (this.#ahead[0] !== undefined && this.#ahead[0].firstOffset <= lastOffset) {
      this.#producers.add(this.#ahead[0].producerId);
      this.#ahead.shift();
    }
    return this.#producers.has(producerId);
  }

  end({ producerId }: RecordBatch): void {
    this.#producers.delete(producerId);
  }
}
