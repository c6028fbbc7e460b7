/**
 * Sections of documents that programs write: each lies between two lines, a comment that names its program and an end.
 * It uses nothing of a runtime, so that programs on Node and on Deno may ask.
 */

/** The two comments around a section. */
export type Marks = readonly [begin: string, end: string];

/** The document with `text` between its marks and nothing else changed; throws Error where a mark is missing. */
export function withSection(document: string, [begin, end]: Marks, text: string): string {
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) {
    throw new Error(`Cannot write a section: "${begin}" or "${end}" is missing`);
  }
  return `${document.slice(0, from)}${begin}\n\n${text}\n\n${document.slice(to)}`;
}

/** A table in Markdown. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
