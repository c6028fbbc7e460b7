import { processorProcesses } from "./_processor_processes.ts";

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

/** 0 where there is no Linux's `/proc`. */
function residentMib(): number {
  return processorProcesses().reduce((sum, { residentKib }) => sum + residentKib, 0) / 1024;
}
