/** Filters of subscriptions (https://cloud.google.com/pubsub/docs/subscription-message-filter). */
import { RpcError } from "./rpc_error.ts";

/** Whether a message with these attributes passes a filter. */
export type Filter = (attributes: Readonly<Record<string, string>>) => boolean;

const MAX_BYTES = 256;
const KEY = '([A-Za-z_][\\w-]*|"(?:[^"\\\\]|\\\\.)*")';
const STRING = '("(?:[^"\\\\]|\\\\.)*")';
const s = "\\s*";

/** The conditions, each with its key and value. */
const CONDITIONS: readonly [RegExp, (key: string, value: string) => Filter][] = [
  [sticky(`attributes${s}:${s}${KEY}`), (key) => (attributes) => Object.hasOwn(attributes, key)],
  [
    sticky(`attributes\\.${KEY}${s}=${s}${STRING}`),
    (key, value) => (attributes) => attributes[key] === value,
  ],
  [
    sticky(`attributes\\.${KEY}${s}!=${s}${STRING}`),
    (key, value) => (attributes) => attributes[key] !== value,
  ],
  [
    sticky(`hasPrefix${s}\\(${s}attributes\\.${KEY}${s},${s}${STRING}${s}\\)`),
    (key, value) => (attributes) => attributes[key]?.startsWith(value) === true,
  ],
];
const OPERATOR = sticky("(AND|OR)\\b");
const NOT = sticky("(?:NOT\\b|-)");
const OPEN = sticky("\\(");
const CLOSE = sticky("\\)");
const END = sticky("$");

/** Parses a filter, which an empty text passes everything through; throws RpcError `INVALID_ARGUMENT`. */
export function parseFilter(text: string): Filter {
  if (text.trim() === "") return () => true;
  let at = 0;
  const take = (token: RegExp) => {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match !== null) at = token.lastIndex;
    return match;
  };
  const need = (token: RegExp) => {
    if (take(token) === null) throw refusal(text, `unexpected text at ${at}`);
  };

  /** Terms joined by AND, or by OR; parentheses separate the two. */
  function expression(): Filter {
    const terms = [term()];
    const operator = take(OPERATOR)?.[1];
    for (let next = operator; next !== undefined; next = take(OPERATOR)?.[1]) {
      if (next !== operator) throw refusal(text, "AND and OR need parentheses");
      terms.push(term());
    }
    return operator === "OR"
      ? (attributes) => terms.some((each) => each(attributes))
      : (attributes) => terms.every((each) => each(attributes));
  }

  function term(): Filter {
    if (take(NOT) !== null) {
      const inner = term();
      return (attributes) => !inner(attributes);
    }
    if (take(OPEN) !== null) {
      const inner = expression();
      need(CLOSE);
      return inner;
    }
    for (const [pattern, make] of CONDITIONS) {
      const match = take(pattern);
      if (match !== null) return make(unquoted(match[1]), unquoted(match[2]));
    }
    throw refusal(text, `unexpected text at ${at}`);
  }

  if (Buffer.byteLength(text) > MAX_BYTES) throw refusal(text, `longer than ${MAX_BYTES} bytes`);
  const filter = expression();
  need(END);
  return filter;
}

function sticky(pattern: string): RegExp {
  return new RegExp(`\\s*${pattern}`, "y");
}

function unquoted(token = ""): string {
  return token.startsWith('"') ? token.slice(1, -1).replaceAll(/\\(.)/g, "$1") : token;
}

function refusal(text: string, why: string): RpcError {
  return new RpcError("INVALID_ARGUMENT", `Invalid filter ${text}: ${why}`);
}
