import { jsonLog } from "@tintype/core/json_log";
import assert from "node:assert/strict";
import { test } from "node:test";
import { shutDown } from "./shut_down.ts";

const log = jsonLog({ part: "test", write: () => {} });

test("shutDown() lets requests end before it closes the pixel processes", async () => {
  const order: string[] = [];
  const stopping = new AbortController();
  await shutDown({
    server: {
      async shutdown() {
        await new Promise((resolve) => setTimeout(resolve, 10));
        order.push(`answered, aborted: ${stopping.signal.aborted}`);
      },
    },
    pixels: { close: () => Promise.resolve(void order.push("closed")) },
    queue: { size: 1 },
    stopping,
    log,
  });
  assert.deepEqual(order, ["answered, aborted: false", "closed"]);
});
