/** What a process and its children have used, from Linux's `/proc`. */
import { readdirSync, readFileSync } from "node:fs";

/** CPU seconds since each began, and the sum of the most that each has held, in MiB. */
export interface FamilyUse {
  readonly cpuSeconds: number;
  readonly peakMib: number;
}

const TICKS_PER_SECOND = 100;

/** Of this process and its living children. */
export function familyUse(pid: number): FamilyUse {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const family = ids.flatMap((id) => {
    const found = statOf(id);
    return found !== null && (Number(id) === pid || found.parent === pid) ? [found] : [];
  });
  return {
    cpuSeconds: family.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakMib: family.reduce((sum, { peakMib }) => sum + peakMib, 0),
  };
}

function statOf(id: string) {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, "utf8");
    // The name in parentheses may hold spaces; the fields behind it do not.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    return {
      parent: Number(fields[1]),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      peakMib: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
    };
  } catch {
    return null; // It has ended meanwhile.
  }
}
