/// <reference lib="deno.worker" />
/**
 * A thread of the pixel process that looks at the process's memory while a picture blocks the main one, and tells the
 * parent on stderr when it passes the bound. The parent may not look by itself: `/proc` needs every permission of Deno.
 * It sleeps in the wait itself, which costs half of what timers and messages do.
 */
import { memoryAlarm, type WatchOrder } from "./_memory_alarm.ts";

/** In this time a process can fill about 50 MiB: the bound is passed by little more. */
const WATCH_MS = 20;

self.onmessage = ({ data: { underWay, maxMemoryBytes } }: MessageEvent<WatchOrder>) => {
  for (;;) {
    Atomics.wait(underWay, 0, 0);
    const picture = Atomics.load(underWay, 0);
    while (picture !== 0 && Atomics.wait(underWay, 0, picture, WATCH_MS) === "timed-out") {
      if (Deno.memoryUsage().rss > maxMemoryBytes) Deno.stderr.writeSync(memoryAlarm(picture));
    }
  }
};
