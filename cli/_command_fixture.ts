import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { defineCommand } from "./command.ts";
import { wholeNumber } from "./flag_values.ts";
import { endOnInterrupt } from "./interrupts.ts";
import { runMain } from "./run_main.ts";

const FIXTURE = defineCommand({
  name: "fixture",
  summary: "What the tests of this package run.",
  flags: {
    "code N": { about: "exit code", parse: wholeNumber(0), default: "0" },
    "fails": "throw",
    "drain": "wait for Ctrl-C, then end slowly",
  },
});

await runMain(FIXTURE, async ({ code, fails, drain }) => {
  if (fails) throw new Error("Cannot read it", { cause: new Error("connection lost") });
  const ending = new AbortController();
  if (drain) endOnInterrupt(ending, { onFirst: () => process.stdout.write("Ending\n") });
  process.stdout.write("ran\n");
  if (!drain) return code;
  await sleep(20_000, undefined, { signal: ending.signal }).catch(() => undefined);
  await sleep(1_000);
  process.stdout.write("drained\n");
  return code;
});
