import type { QueueTotals } from "../client.ts";

const WIDTH = 24;
const REDRAW_MS = 100;

/** One line at the bottom of a terminal that shows how far all uploads are; nothing on anything else. */
export class ProgressLine {
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  #text = "";
  #drawnMs = 0;

  constructor(
    write: (text: string) => void,
    { isTerminal }: { readonly isTerminal: boolean },
  ) {
    this.#write = write;
    this.#isTerminal = isTerminal;
  }

  /** Shows how far all are, and why some wait. */
  change(totals: QueueTotals, waitsFor = ""): void {
    if (!this.#isTerminal || Date.now() - this.#drawnMs < REDRAW_MS) return;
    this.#text = `${textOf(totals)}${waitsFor && `  ${waitsFor}`}`;
    this.#draw();
  }

  /** Lets something be written above the line. */
  tell(write: () => void): void {
    this.end();
    write();
    this.#draw();
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isTerminal) this.#write("\r\x1b[2K");
  }

  #draw(): void {
    this.#drawnMs = Date.now();
    if (this.#isTerminal) this.#write(`\r\x1b[2K${this.#text}`);
  }
}

function textOf({ count, ended, bytes, sentBytes, bytesPerSecond }: QueueTotals): string {
  const filled = bytes === 0 ? 0 : Math.floor(WIDTH * sentBytes / bytes);
  return `[${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}] ${ended} of ${count}` +
    `  ${megabytes(sentBytes)} of ${megabytes(bytes)} MB  ${megabytes(bytesPerSecond)} MB/s`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
