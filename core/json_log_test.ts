import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonLog } from "./json_log.ts";

test("jsonLog() writes one JSON line an event, with its severity", () => {
  const lines: { readonly severity: string; readonly event: string; readonly n?: number }[] = [];
  const log = jsonLog({
    part: "edge",
    // As `console.log`, which prints everything that it is given.
    write: (...given) => void lines.push(JSON.parse(given.join(" "))),
  });
  log.info("started", { n: 1, absent: undefined });
  log.warn("slow");
  log.error("failed");
  assert.deepEqual(lines.map((line) => ({ ...line, time: "" })), [
    { severity: "INFO", time: "", part: "edge", event: "started", n: 1 },
    { severity: "WARNING", time: "", part: "edge", event: "slow" },
    { severity: "ERROR", time: "", part: "edge", event: "failed" },
  ]);
});

test("jsonLog() leaves out what is below the least severity", () => {
  const lines: string[] = [];
  const log = jsonLog({ part: "a", write: (line) => lines.push(line), least: "WARNING" });
  log.info("started");
  log.warn("slow");
  log.error("failed");
  assert.deepEqual(lines.map((line) => JSON.parse(line).event), ["slow", "failed"]);
});
