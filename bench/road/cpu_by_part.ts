import { readdir, readFile } from "node:fs/promises";

/** CPU seconds of each part's living processes. */
export type CpuByPart = Readonly<Record<string, number>>;

/** What a process belongs to, by what its command line holds; the first that fits. */
const PARTS: readonly (readonly [part: string, mark: string])[] = [
  ["pixels", "pixel_process.ts"],
  ["processor", "processor/main.ts"],
  ["edge", "workerd"],
  ["edge dev server", "wrangler"],
  ["bridge", "kafka-bridge/main.ts"],
  ["storage", "storage/serve.ts"],
  ["bigquery", "bigquery/serve.ts"],
  ["oidc", "oidc/serve.ts"],
  ["broker", "kafka.Kafka"],
];
/** Linux counts process times in hundredths of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Reads the CPU time of every process that descends from `pid`, by part (Linux `/proc`). */
export async function cpuByPart(pid: number): Promise<CpuByPart> {
  const processes = await Promise.all(
    (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(readProcess),
  );
  const living = processes.filter((process) => process !== null);
  const family = new Set([pid]);
  for (let grew = true; grew;) {
    const before = family.size;
    for (const { id, parent } of living) if (family.has(parent)) family.add(id);
    grew = family.size > before;
  }
  const seconds: Record<string, number> = {};
  for (const { id, command, cpuSeconds } of living) {
    const part = PARTS.find(([, mark]) => command.includes(mark))?.[0];
    if (family.has(id) && part !== undefined) seconds[part] = (seconds[part] ?? 0) + cpuSeconds;
  }
  return seconds;
}

interface LivingProcess {
  readonly id: number;
  readonly parent: number;
  readonly command: string;
  readonly cpuSeconds: number;
}

async function readProcess(id: string): Promise<LivingProcess | null> {
  try {
    const stat = await readFile(`/proc/${id}/stat`, "utf8");
    const command = (await readFile(`/proc/${id}/cmdline`, "utf8")).replaceAll("\0", " ");
    // The name in parentheses may hold spaces; the fields behind it do not.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return {
      id: Number(id),
      parent: Number(fields[1]),
      command,
      cpuSeconds: ticks / TICKS_PER_SECOND,
    };
  } catch {
    return null; // It ended while it was looked at.
  }
}
