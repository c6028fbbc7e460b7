/** What every resume store must do; each check answers what it found wrong, or nothing, so that it runs in a browser too. */
import type { ResumeRecord, ResumeStore } from "./resume_store.ts";

const DAY_MS = 86_400_000;

/** A record that is kept until so many milliseconds from now. */
export function recordOf(imageId: string, leftMs: number = DAY_MS): ResumeRecord {
  const session = { url: `http://store.test/${imageId}`, headers: { a: "b" }, chunkMultiple: 4 };
  return { imageId, session, keepUntilMs: Date.now() + leftMs };
}

/** Runs every check against a store that is empty; the sentences that do not hold. */
export async function brokenPromises(store: ResumeStore): Promise<string[]> {
  const broken: string[] = [];
  const expect = (sentence: string, isSo: boolean) => isSo || broken.push(sentence);
  const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
  expect("a key that was never put is not there", await store.get("none") === undefined);
  await store.remove("none");
  const [first, second] = [recordOf("1"), recordOf("2")];
  await store.put("a", first);
  await store.put("b", second);
  expect("what was put is there, whole", same(await store.get("a"), first));
  await store.put("a", second);
  expect("the newest record counts", same(await store.get("a"), second));
  await store.remove("a");
  expect("what was removed is gone", await store.get("a") === undefined);
  expect("nothing else is", same(await store.get("b"), second));
  return broken;
}
