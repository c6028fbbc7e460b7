import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

const FIRST_POLL_MS = 10;

/**
 * Asks again and again, less and less often, until the answer is neither undefined nor false; throws what it waited for
 * after `timeoutMs`.
 */
export async function eventually<Answer>(
  what: string,
  ask: () => Answer | Promise<Answer>,
  timeoutMs = 30_000,
  mostPollMs = 100,
): Promise<Exclude<Answer, undefined | false>> {
  const deadline = performance.now() + timeoutMs;
  for (let pollMs = FIRST_POLL_MS;; pollMs = Math.min(2 * pollMs, mostPollMs)) {
    const answer = await ask();
    if (isGiven(answer)) return answer;
    assert.ok(performance.now() < deadline, `${what} did not come within ${timeoutMs} ms`);
    await sleep(pollMs);
  }
}

function isGiven<Answer>(answer: Answer): answer is Exclude<Answer, undefined | false> {
  return answer !== undefined && answer !== false;
}
