import { readFile } from "node:fs/promises";

/** Linux counts process times in hundredths of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** What a process has taken until now. */
interface Figures {
  readonly cpuSeconds: number;
  readonly rssMib: number;
  readonly peakRssMib: number;
}

/** CPU seconds, resident MiB and their peak of a process (Linux `/proc`). */
export async function figuresOf(pid: number): Promise<Figures> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  const mibOf = (line: RegExp) => Number(line.exec(status)?.[1] ?? 0) / 1024;
  return { cpuSeconds, rssMib: mibOf(/VmRSS:\s+(\d+)/), peakRssMib: mibOf(/VmHWM:\s+(\d+)/) };
}
