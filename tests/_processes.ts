import { execFileSync } from "node:child_process";

/** A living process and what it was started as. */
export interface Process {
  readonly pid: number;
  readonly ppid: number;
  readonly residentKib: number;
  readonly commandLine: string;
}

/** Every living process of the machine. */
export function runningProcesses(): Process[] {
  const columns = ["-A", "-ww", "-o", "pid=,ppid=,rss=,stat=,args="];
  const text = execFileSync("ps", columns, { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
  return text.trimEnd().split("\n").flatMap((line) => {
    const [pid, ppid, rss, stat = "", ...args] = line.trim().split(/\s+/);
    if (stat.startsWith("Z")) return [];
    const numbers = { pid: Number(pid), ppid: Number(ppid), residentKib: Number(rss) };
    return [{ ...numbers, commandLine: args.join(" ") }];
  });
}

/** Every living process that the process `root` started, and those that they started. */
export function descendantsOf(root: number): Process[] {
  const table = runningProcesses();
  const pids = [root];
  for (const parent of pids) {
    pids.push(...table.filter(({ ppid }) => ppid === parent).map(({ pid }) => pid));
  }
  return table.filter(({ pid }) => pid !== root && pids.includes(pid));
}
