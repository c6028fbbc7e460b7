/** What processes have taken until now, from Linux's `/proc`. */
import { readdirSync, readFileSync } from "node:fs";

/** Linux counts process times in hundredths of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** One process. */
export interface ProcessUse {
  readonly pid: number;
  readonly parent: number;
  /** Its command line. */
  readonly command: string;
  readonly cpuSeconds: number;
  readonly rssMib: number;
  readonly peakRssMib: number;
}

/** What a process has taken; throws Error where it has ended. */
export function useOf(pid: number): ProcessUse {
  const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, "utf8");
  const [stat, status] = [read("stat"), read("status")];
  // The name in parentheses may hold spaces; the fields behind it do not.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const mibOf = (line: RegExp) => Number(line.exec(status)?.[1] ?? 0) / 1024;
  return {
    pid,
    parent: Number(fields[1]),
    command: read("cmdline").replaceAll("\0", " "),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssMib: mibOf(/VmRSS:\s+(\d+)/),
    peakRssMib: mibOf(/VmHWM:\s+(\d+)/),
  };
}

/** A process and everything that descends from it, as far as it lives. */
export function familyOf(pid: number): ProcessUse[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  const living = pids.flatMap((each) => unlessEnded(() => useOf(each)) ?? []);
  const family = new Set([pid]);
  for (let before = 0; family.size > before;) {
    before = family.size;
    for (const each of living) if (family.has(each.parent)) family.add(each.pid);
  }
  return living.filter((each) => family.has(each.pid));
}

/** CPU milliseconds by thread of a process's family, those of one name together: `child: libvips worker`. */
export function threadUse(pid: number): Readonly<Record<string, number>> {
  const use: Record<string, number> = {};
  for (const { pid: id } of familyOf(pid)) {
    for (const task of readdirSync(`/proc/${id}/task`)) {
      const read = (file: string) => readFileSync(`/proc/${id}/task/${task}/${file}`, "utf8");
      const thread = unlessEnded(() => ({ name: read("comm").trim(), ns: read("schedstat") }));
      if (thread === undefined) continue;
      const name = `${id === pid ? "parent" : "child"}: ${thread.name}`;
      use[name] = (use[name] ?? 0) + Number(thread.ns.split(" ", 1)[0]) / 1e6;
    }
  }
  return use;
}

function unlessEnded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // it has ended meanwhile
  }
}
