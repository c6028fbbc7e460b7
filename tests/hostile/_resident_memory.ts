import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const PROCESSES = ["processor/main.ts", "pixels/pixel_process.ts"];

/** Watches the resident memory of the processor and its pixel processes; `peak` ends it and answers the most at once, in MiB. */
export function watchProcessorMemory(): { peak(): number } {
  let peakMib = 0;
  const timer = setInterval(() => peakMib = Math.max(peakMib, residentMib()), 250);
  return {
    peak() {
      clearInterval(timer);
      return peakMib;
    },
  };
}

/** Linux's `/proc`; 0 elsewhere. */
function residentMib(): number {
  return processIds().reduce((sum, id) => sum + residentOf(id), 0) / 1024;
}

function processIds(): string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** Kilobytes of a process of ours, 0 of any other. */
function residentOf(id: string): number {
  try {
    const command = readFileSync(`/proc/${id}/cmdline`, "utf8");
    if (!PROCESSES.some((name) => command.includes(name))) return 0;
    // Another system on the same machine has a network of its own.
    if (readlinkSync(`/proc/${id}/ns/net`) !== readlinkSync("/proc/self/ns/net")) return 0;
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0; // It has ended meanwhile.
  }
}
