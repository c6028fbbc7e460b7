/** Whether any object in a JSON text has two members of one name; the text must be JSON. */
export function namesTwice(json: string): boolean {
  const open: (Set<string> | undefined)[] = []; // one entry a nesting: names of an object, undefined for an array
  for (const { 0: token, index } of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
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
