/// <reference lib="deno.worker" />
/**
 * A thread of the pixel process that looks at the process's memory and processor time while a picture blocks the main
 * one, and writes a line for the parent to stderr when one passes its bound. The parent may not look by itself: `/proc` needs every permission of Deno.
 * It sleeps in the wait itself, which costs half of what timers and messages do.
 */
import process from "node:process";
import { alarmLine, type WatchOrder } from "./_memory_alarm.ts";

/** In this time a process can fill about 50 MiB: the bound is passed by little more. */
const WATCH_MS = 20;

self.onmessage = ({ data }: MessageEvent<WatchOrder>) => {
  const { underWay, limitMs, maxMemoryBytes } = data;
  for (;;) {
    Atomics.wait(underWay, 0, 0);
    const picture = Atomics.load(underWay, 0);
    const untilMs = processorMs() + Atomics.load(limitMs, 0);
    while (picture !== 0 && Atomics.wait(underWay, 0, picture, WATCH_MS) === "timed-out") {
      const isFull = Deno.memoryUsage().rss > maxMemoryBytes;
      if (isFull) Deno.stderr.writeSync(alarmLine(picture, "memory"));
      else if (processorMs() > untilMs) Deno.stderr.writeSync(alarmLine(picture, "deadline"));
    }
  }
};

/** Time that the whole process has had of the processor: on a busy machine no picture is killed for waiting. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
