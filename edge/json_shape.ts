/** How a JSON text is built. */
interface JsonShape {
  /** How many objects and arrays lie in one another at the deepest place. */
  readonly levels: number;
  /** Whether any object has two members of one name: parsers disagree on which of them counts. */
  readonly namesTwice: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ARRAY_START = 0x5b;
const ARRAY_END = 0x5d;
const OBJECT_START = 0x7b;
const OBJECT_END = 0x7d;
const NAME_END = /[ \t\r\n]*:/y;

/** The shape of a JSON text, in one pass; the text must be JSON. */
export function shapeOf(json: string): JsonShape {
  const open: (Set<string> | undefined)[] = []; // one entry a nesting: names of an object, undefined for an array
  let levels = 0;
  let namesTwice = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfText(json, at);
      const names = open.at(-1);
      if (names !== undefined && isName(json, end)) {
        const name = nameOf(json, at, end);
        namesTwice ||= names.has(name);
        names.add(name);
      }
      at = end - 1;
    } else if (code === OBJECT_START) levels = Math.max(levels, open.push(new Set()));
    else if (code === ARRAY_START) levels = Math.max(levels, open.push(undefined));
    else if (code === OBJECT_END || code === ARRAY_END) open.pop();
  }
  return { levels, namesTwice };
}

/** The place behind the quote that ends the text at `start`. */
function endOfText(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length && json.charCodeAt(end) !== QUOTE) {
    end += json.charCodeAt(end) === BACKSLASH ? 2 : 1;
  }
  return end + 1;
}

function isName(json: string, end: number): boolean {
  NAME_END.lastIndex = end;
  return NAME_END.test(json);
}

function nameOf(json: string, start: number, end: number): string {
  const plain = json.slice(start + 1, end - 1);
  return plain.includes("\\") ? String(JSON.parse(json.slice(start, end))) : plain;
}
