/**
 * One part of the system as a child process in a group of its own: its lines are read, a part that dies
 * is started again, and its end reaches everything that it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Colour, Console } from "./console.ts";

/** How to run a part. */
export interface PartCommand {
  readonly name: string;
  readonly colour: Colour;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Answers 2xx when the part is ready; a part without one says `"event":"listening"` when it is. */
  readonly healthUrl: string | undefined;
  /** How long it may take to become ready, in milliseconds. */
  readonly readyMs: number;
}

/** A running part. */
export interface Part {
  /** Resolves when the part answers its health check; throws when it does not in time. */
  ready(): Promise<void>;
  /** From now on the part is ending: its warnings and errors are no longer shown. */
  quiet(): void;
  /** SIGTERM, and SIGKILL to whatever is left of its group after `graceMs`. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL to the whole group. */
  kill(): void;
}

/** What to do with a part's lines. */
interface PartOptions {
  readonly console: Console;
  readonly verbose: boolean;
  /** Called when a part died more often than it may; the text says so in one line. */
  readonly onGivenUp: (text: string) => void;
  /** A part that answered its health check once and then answers nothing for so long is killed; in milliseconds. */
  readonly silenceMs?: number;
}

const POLL_MS = 100;
const HEALTH_TIMEOUT_MS = 2_000;
const RESTART_DELAY_MS = 300;
const SILENCE_MS = 30_000;
/** What a part that answers nothing may take to clean up behind itself. */
const SILENT_GRACE_MS = 3_000;
/** Deaths within a minute after which a part is given up. */
const MAX_DEATHS = 10;
const DEATH_WINDOW_MS = 60_000;

/** Starts a part and keeps it running until it is stopped. */
export function startPart(part: PartCommand, options: PartOptions): Part {
  let isListening = false;
  let isQuiet = false;
  const onLine = (line: string) => {
    if (line.includes('"event":"listening"')) isListening = true;
    if (!isQuiet || options.verbose) show(part, line, options);
  };
  let child = launch(part, onLine, options);
  let stopping = false;
  let deaths: number[] = [];
  const watch = () => {
    child.once("exit", (code, signal) => {
      if (stopping) return;
      const now = Date.now();
      deaths = [...deaths.filter((at) => now - at < DEATH_WINDOW_MS), now];
      killGroup(child, "SIGKILL");
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      if (deaths.length >= MAX_DEATHS) {
        return options.onGivenUp(`${part.name} died ${how}, ${MAX_DEATHS} times in a minute`);
      }
      options.console.part(part.name, "red", `died ${how}; starting it again`);
      setTimeout(() => {
        if (stopping) return;
        isListening = false;
        child = launch(part, onLine, options);
        watch();
      }, RESTART_DELAY_MS);
    });
  };
  watch();
  const onSilence = () => {
    options.console.part(part.name, "red", "answers nothing any more; ending it");
    void endGroup(child, SILENT_GRACE_MS);
  };
  const { silenceMs = SILENCE_MS } = options;
  const endWatch = part.healthUrl === undefined
    ? () => undefined
    : watchForSilence(part.healthUrl, { silenceMs, onSilence });
  return {
    quiet: () => void (isQuiet = true),
    async ready() {
      const startedMs = performance.now();
      const tookMs = () => performance.now() - startedMs;
      const isReady = async () => {
        if (part.healthUrl === undefined) return isListening;
        const status = await statusOf(part.healthUrl, HEALTH_TIMEOUT_MS);
        return status !== undefined && status < 300;
      };
      while (tookMs() < part.readyMs && deaths.length <= 2 && !stopping) {
        if (await isReady()) {
          const seconds = (tookMs() / 1000).toFixed(1);
          return options.console.part(part.name, part.colour, `ready after ${seconds} s`);
        }
        await sleep(POLL_MS);
      }
      throw new Error(`${part.name} did not become ready; --verbose shows why`);
    },
    async stop(graceMs) {
      stopping = true;
      endWatch();
      await endGroup(child, graceMs);
    },
    kill() {
      stopping = true;
      killGroup(child, "SIGKILL");
    },
  };
}

function launch(
  part: PartCommand,
  onLine: (line: string) => void,
  options: PartOptions,
): ChildProcess {
  const child = spawn(part.command, [...part.args], {
    cwd: part.cwd,
    env: { ...part.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  child.on("error", ({ message }) => {
    options.console.part(part.name, "red", `cannot be started: ${message}`);
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", onLine);
  }
  return child;
}

function show(part: PartCommand, line: string, { console, verbose }: PartOptions): void {
  if (line.trim() === "") return;
  const isProblem = /"(level|severity)":"(warn|error)"?|error|fatal|panic/i.test(line);
  if (verbose) console.part(part.name, part.colour, line);
  else if (isProblem) console.part(part.name, "red", line.slice(0, 400));
}

/** The part's own process drains and ends what it started; whatever is left of its group then is killed. */
async function endGroup(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    killGroup(child, "SIGTERM");
    await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
  }
  killGroup(child, "SIGKILL");
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** How often and how long to listen. */
interface SilenceWatchOptions {
  /** How long nothing may be heard, in milliseconds. */
  readonly silenceMs: number;
  /** Called when nothing was heard for so long; the count begins again. */
  readonly onSilence: () => void;
}

const ASKS_PER_SILENCE = 6;

/**
 * Asks an address again and again from its first answer on: a process can live and answer nobody. Any status is an
 * answer. Returns what ends the watch.
 */
function watchForSilence(
  url: string,
  { silenceMs, onSilence }: SilenceWatchOptions,
): () => void {
  const everyMs = silenceMs / ASKS_PER_SILENCE;
  let heardAt: number | undefined;
  let isEnded = false;
  const ask = async () => {
    const hasAnswered = await statusOf(url, everyMs) !== undefined;
    if (isEnded) return;
    if (hasAnswered) heardAt = Date.now();
    else if (heardAt !== undefined && Date.now() - heardAt >= silenceMs) {
      heardAt = undefined;
      onSilence();
    }
    timer = setTimeout(ask, everyMs);
  };
  let timer = setTimeout(ask, everyMs);
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

/** The status with which an address answers, undefined where it does not within the time. */
async function statusOf(url: string, timeoutMs: number): Promise<number | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}
