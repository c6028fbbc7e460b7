import assert from "node:assert/strict";
import { test } from "node:test";
import { Circuit } from "./circuit.ts";

test("Circuit opens for as many different records as failed in a row, and closes for one that is taken", () => {
  const changes: boolean[] = [];
  const onChange = (isOpen: boolean) => void changes.push(isOpen);
  const circuit = new Circuit({ failuresToOpen: 2, minProbeMs: 5, maxProbeMs: 5, onChange });
  for (const place of ["a", "a"]) circuit.failed(place);
  circuit.succeeded();
  circuit.failed("b");
  assert.deepEqual([circuit.isOpen, changes], [false, []]);
  circuit.failed("a");
  assert.deepEqual([circuit.isOpen, changes], [true, [true]]);
  circuit.succeeded();
  circuit.failed("b");
  assert.deepEqual([circuit.isOpen, changes], [false, [true, false]]);
});
