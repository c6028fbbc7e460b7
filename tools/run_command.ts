/** Runs a program to its end for the tools, keeping what it says in the order it says it. */

/** How a program ended: its exit code, everything it wrote, and how long it took. */
export interface CommandResult {
  readonly code: number;
  /** Standard output and standard error as they came. */
  readonly output: string;
  readonly elapsedMs: number;
  /** Whether it was stopped at its limit. */
  readonly timedOut: boolean;
}

/** What {@link runCommand} may be told beside the command. */
export interface RunCommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** After so long it gets SIGTERM, five seconds later SIGKILL, with everything that it started. */
  readonly limitMs?: number;
}

type Stop = (signal: Deno.Signal) => void;

const GRACE_MS = 5_000;

/**
 * Runs `command` (program first) in the current folder and resolves when it has ended, whatever its exit code.
 * It runs in a process group of its own, so that its children end with it: at the limit, and on SIGINT or SIGTERM
 * to this process, which then ends with 130.
 */
export async function runCommand(
  command: readonly [string, ...string[]],
  { env = {}, limitMs }: RunCommandOptions = {},
): Promise<CommandResult> {
  const startedMs = performance.now();
  const [program, ...args] = command;
  const child = new Deno.Command(program, {
    args,
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const stop: Stop = (signal) => stopGroup(child.pid, signal);
  const limit = stopAfter(stop, limitMs);
  const interrupts = stopOnInterrupt(stop);
  const chunks: string[] = [];
  const keep = (chunk: string) => void chunks.push(chunk);
  const reading = Promise.all([readText(child.stdout, keep), readText(child.stderr, keep)]);
  const status = await child.status;
  limit.clear();
  interrupts.clear();
  stop("SIGKILL"); // what it left behind would keep its pipes open
  await reading;
  if (interrupts.happened()) Deno.exit(130);
  return {
    code: status.code,
    output: chunks.join(""),
    elapsedMs: performance.now() - startedMs,
    timedOut: limit.reached(),
  };
}

function stopGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch {
    // the group has ended
  }
}

async function readText(stream: ReadableStream<Uint8Array>, keep: (chunk: string) => void) {
  const decoder = new TextDecoder();
  for await (const chunk of stream) keep(decoder.decode(chunk, { stream: true }));
}

function stopAfter(stop: Stop, limitMs: number | undefined) {
  let isReached = false;
  const timers: ReturnType<typeof setTimeout>[] = [];
  const reach = () => {
    isReached = true;
    stop("SIGTERM");
    timers.push(setTimeout(() => stop("SIGKILL"), GRACE_MS));
  };
  if (limitMs !== undefined) timers.push(setTimeout(reach, limitMs));
  return { clear: () => timers.forEach(clearTimeout), reached: () => isReached };
}

function stopOnInterrupt(stop: Stop) {
  let hasHappened = false;
  const listen = () => {
    hasHappened = true;
    stop("SIGTERM");
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, listen);
  return {
    clear: () => signals.forEach((signal) => Deno.removeSignalListener(signal, listen)),
    happened: () => hasHappened,
  };
}
