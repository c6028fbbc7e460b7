const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;

/** How many objects and arrays lie in one another at the deepest place of a JSON text; the text must be JSON. */
export function nestingOf(json: string): number {
  let level = 0;
  let deepest = 0;
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === "{" || token === "[") deepest = Math.max(deepest, ++level);
    else if (token === "}" || token === "]") level--;
  }
  return deepest;
}

/** Whether any object in a JSON text has two members of one name; the text must be JSON. */
export function namesTwice(json: string): boolean {
  const open: (Set<string> | undefined)[] = []; // one entry a nesting: names of an object, undefined for an array
  for (const { 0: token, index } of json.matchAll(TOKENS)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (isName(json, index + token.length)) {
      const names = open.at(-1);
      const name = String(JSON.parse(token));
      if (names?.has(name) === true) return true;
      names?.add(name);
    }
  }
  return false;
}

function isName(json: string, end: number): boolean {
  return /^[ \t\r\n]*:/.test(json.slice(end, end + 64));
}
