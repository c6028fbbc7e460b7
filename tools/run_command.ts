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

/** Options of {@link runCommand}. */
export interface RunCommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** After so long it gets SIGTERM, five seconds later SIGKILL, with everything that it started. */
  readonly limitMs?: number | undefined;
  /** Takes what it writes as it comes. */
  readonly onOutput?: (text: string) => void;
  /** When it is aborted the program ends in the same way, and its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** A program and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

const GRACE_MS = 5_000;
/** As a shell says that there is no such program. */
const NOT_FOUND = 127;

/**
 * Runs `command` and resolves when it has ended, whatever its exit code: 127 where it is not installed.
 * It runs in a process group of its own, so that its children end with it.
 */
export async function runCommand(
  [program, ...args]: CommandLine,
  { limitMs, signal, onOutput, cwd = Deno.cwd(), env = {} }: RunCommandOptions = {},
): Promise<CommandResult> {
  const startedMs = performance.now();
  const child = spawn(program, { args, cwd, env: { ...env, NO_COLOR: "1" } });
  if (child === undefined) {
    const output = `Cannot run ${program}: it is not installed\n`;
    return { code: NOT_FOUND, output, elapsedMs: 0, timedOut: false };
  }
  const limit = limitMs === undefined ? undefined : AbortSignal.timeout(limitMs);
  const over = AbortSignal.any([signal, limit].filter((each) => each !== undefined));
  let killer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    stopGroup(child.pid, "SIGTERM");
    killer = setTimeout(() => stopGroup(child.pid, "SIGKILL"), GRACE_MS);
  };
  over.addEventListener("abort", stop, { once: true });
  const chunks: string[] = [];
  const keep = (chunk: string) => {
    chunks.push(chunk);
    onOutput?.(chunk);
  };
  const reading = Promise.all([readText(child.stdout, keep), readText(child.stderr, keep)]);
  const { code } = await child.status;
  over.removeEventListener("abort", stop);
  clearTimeout(killer);
  stopGroup(child.pid, "SIGKILL"); // what it left behind would keep its pipes open
  await reading;
  signal?.throwIfAborted();
  const elapsedMs = performance.now() - startedMs;
  return { code, output: chunks.join(""), elapsedMs, timedOut: limit?.aborted ?? false };
}

function spawn(program: string, options: Deno.CommandOptions): Deno.ChildProcess | undefined {
  const streams = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  try {
    return new Deno.Command(program, { ...options, ...streams, detached: true }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
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
