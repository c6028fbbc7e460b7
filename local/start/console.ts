import { styleText } from "node:util";

/** The colours that distinguish parts. */
export type Colour = "cyan" | "green" | "yellow" | "magenta" | "blue" | "white" | "red" | "gray";

/** Where people read: standard error, so that standard output stays clean for `--json`. */
export interface Console {
  say(text: string): void;
  /** A line of a part: coloured name, then the text. */
  part(name: string, colour: Colour, text: string): void;
  /** Rewrites one line on a terminal; says each tenth on anything else. */
  progress(done: number, total: number, what: string): void;
}

const NAME_WIDTH = 10;

/** Makes a console that writes whole lines through `write`; colours and rewriting only where `isTerminal`. */
export function makeConsole(write: (text: string) => void, isTerminal: boolean): Console {
  let hasOpenLine = false;
  const line = (text: string) => {
    write(`${hasOpenLine ? "\r\x1b[2K" : ""}${text}\n`);
    hasOpenLine = false;
  };
  return {
    say: line,
    part: (name, colour, text) =>
      line(`${paint(colour, name.padEnd(NAME_WIDTH), isTerminal)} ${text}`),
    progress(done, total, what) {
      const text = `${what}: ${done} of ${total}`;
      if (isTerminal) {
        write(`\r\x1b[2K${bar(done, total)} ${text}`);
        hasOpenLine = true;
        if (done === total) line(`${bar(done, total)} ${text}`);
        return;
      }
      if (done === total || done % Math.max(1, Math.ceil(total / 10)) === 0) line(text);
    },
  };
}

function paint(colour: Colour, text: string, isTerminal: boolean): string {
  return isTerminal ? styleText(colour, text, { validateStream: false }) : text;
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? 20 : Math.round(20 * done / total);
  return `[${"#".repeat(filled)}${"-".repeat(20 - filled)}]`;
}
