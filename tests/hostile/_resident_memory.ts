import { processesOf } from "../trouble/parts.ts";

/** Watches the resident memory of a system's processor and its pixel processes; `peak` ends it and answers the most at once, in MiB. */
export function watchProcessorMemory(system: number): { peak(): number } {
  let peakMib = 0;
  const timer = setInterval(() => peakMib = Math.max(peakMib, residentMib(system)), 250);
  return {
    peak() {
      clearInterval(timer);
      return peakMib;
    },
  };
}

function residentMib(system: number): number {
  return processesOf(system, ["processor", "pixels"])
    .reduce((sum, { residentKib }) => sum + residentKib, 0) / 1024;
}
