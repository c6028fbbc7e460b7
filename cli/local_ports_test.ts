import assert from "node:assert/strict";
import { test } from "node:test";
import { requireUsableOffset } from "./local_ports.ts";

test("requireUsableOffset() takes what its own sentence advises", () => {
  requireUsableOffset(undefined);
  for (let offset = 0; offset <= 20_000; offset += 100) {
    if (offset !== 1_000 && offset !== 2_000) requireUsableOffset(`${offset}`);
  }
});

test("requireUsableOffset() refuses the others and says which port is in the way", () => {
  const cases = [
    ["", /: it must be a whole number\. Set a multiple of 100 /],
    ["-100", /: it must be a whole number/],
    ["1000", /: fetch never calls port 10080 \(oidc\)/],
    ["2000", /: fetch never calls port 10080 \(processor\)/],
    ["742", /: fetch never calls port 5060 \(traces\)/],
    ["21000", /: port 30023 \(storage\) may belong to an outgoing connection/],
    ["99999", /may belong to an outgoing connection/],
  ] as const;
  for (const [offset, message] of cases) {
    assert.throws(() => requireUsableOffset(offset), { name: "UsageError", message });
  }
});
