/** What a pixel process's watch says, and how the parent knows it from what a library or a pipeline prints. */

/** Given to the watch at its start. */
export interface WatchOrder {
  /**
   * One 32-bit number that both threads see: the process's picture that is under way, from 1, so that an alarm is never
   * taken for the next one's; 0 while there is none.
   */
  readonly underWay: Int32Array<SharedArrayBuffer>;
  /** One 32-bit number: the milliseconds of processor time that the picture under way may take. */
  readonly limitMs: Int32Array<SharedArrayBuffer>;
  readonly maxMemoryBytes: number;
}

/** What a picture takes too much of: memory, or time of the processor. */
export type AlarmCause = "memory" | "deadline";

const ALARM = /^\0picture (\d+) is over its (memory|deadline)$/;

/** The line that says that the process is over a bound with this picture. */
export function alarmLine(picture: number, cause: AlarmCause): Uint8Array {
  return new TextEncoder().encode(`\0picture ${picture} is over its ${cause}\n`);
}

/** Where the lines of a pixel process's stderr go. */
export interface StderrListener {
  /** What it printed at once, as one line of at most 500 characters. */
  onLine(line: string): void;
  onAlarm(picture: number, cause: AlarmCause): void;
}

/** Reads stderr to its end. */
export async function relayStderr(
  stderr: ReadableStream<Uint8Array>,
  { onLine, onAlarm }: StderrListener,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stderr) {
    const printed: string[] = [];
    for (const line of decoder.decode(chunk, { stream: true }).split("\n")) {
      const [, picture, cause] = ALARM.exec(line) ?? [];
      if (picture !== undefined) onAlarm(Number(picture), cause as AlarmCause); // the pattern's
      else if (line.trim() !== "") printed.push(line.trim());
    }
    if (printed.length > 0) onLine(printed.join(" | ").slice(0, 500));
  }
}
