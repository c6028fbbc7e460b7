/// <reference lib="deno.worker" />
/**
 * A thread of the pixel process that looks at the process's memory while a picture blocks the main one, and tells the
 * parent on stderr when it passes the bound. The parent may not look by itself: `/proc` needs every permission of Deno.
 */
import { memoryAlarm, type WatchOrder } from "./_memory_alarm.ts";

/** In this time a process can fill about 50 MiB: the bound is passed by little more. */
const WATCH_MS = 20;

let timer: ReturnType<typeof setInterval> | undefined;

self.onmessage = ({ data }: MessageEvent<WatchOrder>) => {
  clearInterval(timer);
  if (data.maxMemoryBytes === undefined) return;
  const { picture, maxMemoryBytes } = data;
  timer = setInterval(() => {
    if (Deno.memoryUsage().rss > maxMemoryBytes) Deno.stderr.writeSync(memoryAlarm(picture));
  }, WATCH_MS);
};
