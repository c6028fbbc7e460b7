/** What a process and its children have used, from Linux's `/proc`. */
import { readdirSync, readFileSync } from "node:fs";

/** CPU seconds since each began, and the sum of the most that each has held, in MiB. */
export interface FamilyUse {
  readonly cpuSeconds: number;
  readonly peakMib: number;
}

/** CPU milliseconds by whose thread it is and what it is called, such as `child: libvips worker`. */
export type ThreadUse = Readonly<Record<string, number>>;

const TICKS_PER_SECOND = 100;

/** Of this process and its living children. */
export function familyUse(pid: number): FamilyUse {
  const family = familyOf(pid);
  return {
    cpuSeconds: family.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakMib: family.reduce((sum, { peakMib }) => sum + peakMib, 0),
  };
}

/** CPU of this process's threads and of its living children's, those of one name together. */
export function threadUse(pid: number): ThreadUse {
  const use: Record<string, number> = {};
  for (const { id } of familyOf(pid)) {
    const whose = Number(id) === pid ? "parent" : "child";
    for (const thread of readdirSync(`/proc/${id}/task`)) {
      const { name, cpuMs } = threadOf(`/proc/${id}/task/${thread}`) ?? { name: "", cpuMs: 0 };
      use[`${whose}: ${name}`] = (use[`${whose}: ${name}`] ?? 0) + cpuMs;
    }
  }
  return use;
}

function familyOf(pid: number) {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((id) => {
    const found = statOf(id);
    return found !== null && (Number(id) === pid || found.parent === pid) ? [found] : [];
  });
}

function threadOf(folder: string) {
  try {
    const [nanoseconds] = readFileSync(`${folder}/schedstat`, "utf8").split(" ");
    return {
      name: readFileSync(`${folder}/comm`, "utf8").trim(),
      cpuMs: Number(nanoseconds) / 1_000_000,
    };
  } catch {
    return null; // It has ended meanwhile.
  }
}

function statOf(id: string) {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, "utf8");
    // The name in parentheses may hold spaces; the fields behind it do not.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    return {
      id,
      parent: Number(fields[1]),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      peakMib: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
    };
  } catch {
    return null; // It has ended meanwhile.
  }
}
