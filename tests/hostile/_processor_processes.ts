import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The processor, or a pixel process of it. */
export interface ProcessorProcess {
  readonly pid: number;
  readonly isPixels: boolean;
  readonly residentKib: number;
}

const PROCESSOR = "processor/main.ts";
const PIXELS = "pixels/pixel_process.ts";

/** Those of the running system, by Linux's `/proc`; none elsewhere. */
export function processorProcesses(): ProcessorProcess[] {
  return processIds().flatMap((id) => read(id) ?? []);
}

function processIds(): string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function read(id: string): ProcessorProcess | undefined {
  try {
    const command = readFileSync(`/proc/${id}/cmdline`, "utf8");
    const isPixels = command.includes(PIXELS);
    if (!isPixels && !command.includes(PROCESSOR)) return undefined;
    // Another system on the same machine has a network of its own.
    if (readlinkSync(`/proc/${id}/ns/net`) !== readlinkSync("/proc/self/ns/net")) return undefined;
    const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1];
    return { pid: Number(id), isPixels, residentKib: Number(resident ?? 0) };
  } catch {
    return undefined; // It has ended meanwhile.
  }
}
