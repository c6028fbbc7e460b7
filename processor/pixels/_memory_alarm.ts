/** What a pixel process's memory watch says, and how the parent tells it from what a library or a pipeline prints. */

/** Told to the watch at its start. */
export interface WatchOrder {
  /**
   * One 32-bit number that both threads see: the process's picture that is under way, from 1, so that an alarm is never
   * taken for the next one's; 0 while there is none.
   */
  readonly underWay: Int32Array<SharedArrayBuffer>;
  readonly maxMemoryBytes: number;
}

const ALARM = /^\0picture (\d+) takes too much memory$/;

/** The line that says that the process is over its bound with this picture. */
export function memoryAlarm(picture: number): Uint8Array {
  return new TextEncoder().encode(`\0picture ${picture} takes too much memory\n`);
}

/** Where the lines of a pixel process's stderr go. */
export interface StderrListener {
  /** What it printed at once, as one line of at most 500 characters. */
  onLine(line: string): void;
  onMemoryAlarm(picture: number): void;
}

/** Reads stderr to its end. */
export async function relayStderr(
  stderr: ReadableStream<Uint8Array>,
  { onLine, onMemoryAlarm }: StderrListener,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stderr) {
    const printed: string[] = [];
    for (const line of decoder.decode(chunk, { stream: true }).split("\n")) {
      const picture = ALARM.exec(line)?.[1];
      if (picture !== undefined) onMemoryAlarm(Number(picture));
      else if (line.trim() !== "") printed.push(line.trim());
    }
    if (printed.length > 0) onLine(printed.join(" | ").slice(0, 500));
  }
}
