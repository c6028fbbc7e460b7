import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonLog } from "./json_log.ts";

test("jsonLog() writes one JSON line an event, with its severity, from the least one on", () => {
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
  lines.length = 0;
  const write = (line: string) => void lines.push(JSON.parse(line));
  const grave = jsonLog({ part: "a", write, least: "WARNING" });
  grave.info("started");
  grave.warn("slow");
  grave.error("failed");
  assert.deepEqual(lines.map(({ event }) => event), ["slow", "failed"]);
});
