import { closestMatch } from "leven";

/** The known name that a misspelt one most likely means, if one is near enough or begins with it. */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  if (word === "") return undefined;
  const longer = word.length > 1 ? names.find((name) => name.startsWith(word)) : undefined;
  return longer ?? closestMatch(word, names, { maxDistance: Math.ceil(word.length / 3) });
}
