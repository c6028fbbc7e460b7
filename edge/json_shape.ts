/** How a JSON text is built. */
interface JsonShape {
  /** How many objects and arrays lie in one another at the deepest place. */
  readonly levels: number;
  /** Whether any object has two members of one name: parsers disagree on which of them counts. */
  readonly namesTwice: boolean;
}

/** A text, with the colon that makes it a name, or a bracket. */
const TOKEN = /("(?:[^"\\]|\\.)*")([ \t\r\n]*:)?|[[\]{}]/g;

/** The shape of a JSON text, in one pass; the text must be JSON. */
export function shapeOf(json: string): JsonShape {
  const open: Set<string>[] = []; // one entry a nesting: the names of an object, none of an array
  let levels = 0;
  let namesTwice = false;
  for (const [token, text, colon] of json.matchAll(TOKEN)) {
    if (token === "{" || token === "[") levels = Math.max(levels, open.push(new Set()));
    else if (text === undefined) open.pop();
    else if (colon !== undefined) {
      const names = open.at(-1);
      const name = String(JSON.parse(text));
      namesTwice ||= names?.has(name) === true;
      names?.add(name);
    }
  }
  return { levels, namesTwice };
}
