import type { UploadProgress } from "../client.ts";
import type { Picture } from "@tintype/cli/find_pictures";

const WIDTH = 24;
const REDRAW_MS = 100;

/** One line at the bottom of a terminal that tells how far all uploads are; nothing on anything else. */
export class ProgressLine {
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  readonly #known = new Map<string, { readonly bytes: number; progress?: UploadProgress }>();
  #drawnMs = 0;

  constructor(
    write: (text: string) => void,
    { isTerminal }: { readonly isTerminal: boolean },
  ) {
    this.#write = write;
    this.#isTerminal = isTerminal;
  }

  /** How many pictures there are. */
  get total(): number {
    return this.#known.size;
  }

  /** Counts a picture in. */
  add({ path, bytes }: Picture): void {
    this.#known.set(path, { bytes });
  }

  /** Counts pictures in as they come. */
  async *adding(pictures: AsyncIterable<Picture>): AsyncGenerator<Picture> {
    for await (const picture of pictures) {
      this.add(picture);
      yield picture;
    }
  }

  /** Shows how far a picture is. */
  change({ path, bytes }: Picture, progress: UploadProgress): void {
    this.#known.set(path, { bytes, progress });
    if (Date.now() - this.#drawnMs >= REDRAW_MS) this.#draw();
  }

  /** Lets something be written above the line. */
  tell(write: () => void): void {
    this.#clear();
    write();
    this.#draw();
  }

  /** Takes the line away. */
  end(): void {
    this.#clear();
  }

  #clear(): void {
    if (this.#isTerminal) this.#write("\r\x1b[2K");
  }

  #draw(): void {
    this.#drawnMs = Date.now();
    if (this.#isTerminal) this.#write(`\r\x1b[2K${this.#text()}`);
  }

  #text(): string {
    const all = [...this.#known.values()];
    const total = sum(all.map(({ bytes }) => bytes));
    const held = sum(all.map(({ progress }) => progress?.heldBytes ?? 0));
    const running = all.flatMap(({ progress }) => progress === undefined ? [] : [progress]);
    const done = running.filter(({ state }) => state === "done").length;
    const speed = sum(
      running.map(({ state, bytesPerSecond = 0 }) => state === "sending" ? bytesPerSecond : 0),
    );
    const waiting = running.filter(({ state }) => state === "waiting");
    const filled = total === 0 ? 0 : Math.floor(WIDTH * held / total);
    const why = waiting[0]?.error === undefined
      ? ""
      : `  ${waiting.length} waiting: ${waiting[0].error.code}`;
    return `[${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}] ${done} of ${all.length}` +
      `  ${megabytes(held)} of ${megabytes(total)} MB  ${megabytes(speed)} MB/s${why}`;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
