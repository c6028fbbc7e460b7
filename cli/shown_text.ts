/** Control characters, line ends, and marks that turn the direction of text: terminals act on them. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/** A text from outside as a terminal may be given it, in one line: what it would act on is written as `\u009b`. */
export function shownText(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** A value as JSON in one line that a terminal may be given, too. */
export function shownJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, escaped);
}

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
