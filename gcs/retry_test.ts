import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "./backoff.ts";
import { isRetryableStatus, RETRY, retryDelayMs, withRetry } from "./retry.ts";
import { retryAfterMs } from "./retry_after.ts";
import { sleep } from "./signals.ts";
import { StorageError } from "./storage_error.ts";

const QUICK = { ...RETRY, attempts: 4, minDelayMs: 1, maxDelayMs: 2, tooManyMs: 1 };

function failure(status: number, asked?: number): StorageError {
  return new StorageError(String(status), { status, retryAfterMs: asked });
}

test("isRetryableStatus() holds for 408, 429, 5xx and no response, never for what stays wrong", () => {
  for (const status of [0, 408, 429, 500, 502, 503, 504, 522]) {
    assert.ok(isRetryableStatus(status), String(status));
  }
  for (const status of [308, 400, 401, 403, 404, 409, 410, 411, 412, 413, 416, 499]) {
    assert.ok(!isRetryableStatus(status), String(status));
  }
});

test("backoffMs() is any time up to a ceiling that doubles from the first wait to the longest", () => {
  const policy = { minDelayMs: 100, maxDelayMs: 1_000 };
  for (
    const [failures, ceilingMs] of [[1, 100], [2, 200], [4, 800], [5, 1_000], [60, 1_000]] as const
  ) {
    const delays = Array.from({ length: 100 }, () => backoffMs(failures, policy));
    assert.ok(delays.every((ms) => ms >= 0 && ms <= ceilingMs));
    assert.ok(delays.some((ms) => ms < ceilingMs / 2) && delays.some((ms) => ms > ceilingMs / 2));
  }
});

const NOW_MS = Date.parse("2026-03-14T15:09:26Z");
const AT_NOON = "Sat, 14 Mar 2026 12:00:00 GMT";
const RETRY_AFTER: readonly (readonly [
  value: string | null,
  ms: number | undefined,
  date?: string,
])[] = [
  [null, undefined],
  ["7", 7_000],
  [" 0 ", 0],
  ["Sat, 14 Mar 2026 15:09:56 GMT", 30_000],
  ["Saturday, 14-Mar-26 15:09:56 GMT", 30_000],
  ["Sat Mar 14 15:09:56 2026 GMT", 30_000],
  ["Sat, 14 Mar 2026 15:09:00 GMT", 0],
  ["Sat, 14 Mar 2026 12:00:20 GMT", 20_000, AT_NOON],
  ["-7", undefined],
  ["1.5", undefined],
  ["soon", undefined],
  ["2026-03-14", undefined],
];

for (const [value, ms, date = ""] of RETRY_AFTER) {
  test(`retryAfterMs() reads ${value} as ${ms}, in a response of ${date}`, () => {
    const headers = new Headers(value === null ? {} : { "Retry-After": value, "Date": date });
    assert.equal(retryAfterMs(headers, NOW_MS), ms);
  });
}

test("retryDelayMs() of the policy waits up to 100 ms first, two seconds later, and as long as the server asks", () => {
  const { attempts, maxRetryAfterMs, minDelayMs, maxDelayMs } = RETRY;
  assert.deepEqual([attempts, maxRetryAfterMs, minDelayMs, maxDelayMs], [5, 10_000, 100, 2_000]);
  const first = Array.from({ length: 50 }, () => retryDelayMs(failure(503), 1, RETRY) ?? NaN);
  assert.ok(first.every((ms) => ms >= 0 && ms <= 100));
  assert.equal(retryDelayMs(failure(429, 3_000), 1, RETRY), 3_000);
  assert.equal(retryDelayMs(failure(503, maxRetryAfterMs), 1, RETRY), maxRetryAfterMs);
});

test("retryDelayMs() waits a second after a 429 that asks for nothing: an object takes one change in that", () => {
  assert.equal(retryDelayMs(failure(429), 1, RETRY), 1_000);
  assert.ok((retryDelayMs(failure(429), RETRY.attempts, { ...RETRY, attempts: 9 }) ?? 0) >= 1_000);
});

test("retryDelayMs() ends with the tries, with what stays wrong and with a wait that is too long", () => {
  assert.equal(retryDelayMs(failure(503), RETRY.attempts, RETRY), undefined);
  assert.equal(retryDelayMs(failure(412), 1, RETRY), undefined);
  assert.equal(retryDelayMs(new TypeError("a mistake"), 1, RETRY), undefined);
  assert.equal(retryDelayMs(failure(503, RETRY.maxRetryAfterMs + 1), 1, RETRY), undefined);
});

/** Statuses of failures in their order, then success → how often it is tried, and the status that is thrown. */
const RUNS: readonly (readonly [failures: number[], tries: number, thrown: number | undefined])[] =
  [
    [[], 1, undefined],
    [[503], 2, undefined],
    [[0, 503, 429], 4, undefined],
    [[503, 503, 503, 500], 4, 500],
    [[400], 1, 400],
    [[503, 401], 2, 401],
  ];

for (const [failures, tries, thrown] of RUNS) {
  test(`withRetry() tries ${tries} times where ${failures.join(", ") || "nothing"} fails`, async () => {
    let tried = 0;
    const running = withRetry(() => {
      const status = failures[tried++];
      return status === undefined ? Promise.resolve("done") : Promise.reject(failure(status));
    }, { policy: QUICK });
    if (thrown === undefined) assert.equal(await running, "done");
    else await assert.rejects(running, { status: thrown });
    assert.equal(tried, tries);
  });
}

test("withRetry() and sleep() end with the signal's reason as soon as it is aborted", async () => {
  const reason = new Error("enough");
  const policy = { ...RETRY, minDelayMs: 1e9, maxDelayMs: 1e9 };
  const waits = [
    (signal: AbortSignal) => sleep(60_000, signal),
    (signal: AbortSignal) => withRetry(() => Promise.reject(failure(503)), { signal, policy }),
  ];
  for (const wait of waits) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 5);
    await assert.rejects(wait(controller.signal), reason);
    await assert.rejects(wait(controller.signal), reason);
  }
});
