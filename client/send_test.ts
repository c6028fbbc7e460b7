import assert from "node:assert/strict";
import { test } from "node:test";
import { UploadError } from "./problem.ts";
import { send } from "./send.ts";

const REQUEST = { url: "http://store.test/session", method: "PUT" };

/** Never answers, and ends as `fetch` does when its signal is aborted. */
const silent: typeof fetch = (_, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    // Timers of AbortSignal keep no process alive; this one does until the test is over.
    setTimeout(reject, 2_000, new Error("never aborted"));
  });

test("send() takes a request without an answer in time as a lost connection", async () => {
  const { signal } = new AbortController();
  for (const options of [{ timeoutMs: 20 }, { timeoutMs: 20, signal }]) {
    await assert.rejects(
      send(silent, REQUEST, options),
      (error) => error instanceof UploadError && error.problem.detail === "no response in 20 ms",
    );
  }
});

test("send() throws the reason of an abort, not a problem", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 5);
  const options = { timeoutMs: 60_000, signal: controller.signal };
  await assert.rejects(send(silent, REQUEST, options), reason);
});
