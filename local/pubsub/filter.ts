/** Filters of subscriptions (https://cloud.google.com/pubsub/docs/subscription-message-filter). */
import { RpcError } from "./rpc_error.ts";

type Attributes = Readonly<Record<string, string>>;

/** Whether a message with these attributes passes a filter. */
export type Filter = (attributes: Attributes) => boolean;

const MAX_BYTES = 256;
const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|(AND|OR|NOT|hasPrefix)\b|([A-Za-z_][\w-]*)|(!=|[=:.,()-]))/y;

/** Parses a filter, which an empty text passes everything through; throws RpcError `INVALID_ARGUMENT`. */
export function parseFilter(text: string): Filter {
  if (Buffer.byteLength(text) > MAX_BYTES) throw refusal(text, `longer than ${MAX_BYTES} bytes`);
  if (text.trim() === "") return () => true;
  const parser = new FilterParser(text);
  return parser.parse();
}

class FilterParser {
  readonly #text: string;
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  parse(): Filter {
    const filter = this.#expression();
    if (this.#at < this.#tokens.length) throw this.#unexpected();
    return filter;
  }

  /** Terms joined by AND, or by OR; parentheses separate the two. */
  #expression(): Filter {
    const terms = [this.#term()];
    const operator = this.#peek();
    if (operator !== "AND" && operator !== "OR") return terms[0] as Filter; // made above
    while (this.#take(operator)) terms.push(this.#term());
    return operator === "AND"
      ? (attributes) => terms.every((term) => term(attributes))
      : (attributes) => terms.some((term) => term(attributes));
  }

  #term(): Filter {
    if (this.#take("NOT") || this.#take("-")) {
      const term = this.#term();
      return (attributes) => !term(attributes);
    }
    if (this.#take("(")) {
      const inner = this.#expression();
      this.#need(")");
      return inner;
    }
    if (this.#take("hasPrefix")) return this.#hasPrefix();
    this.#need("attributes");
    if (this.#take(":")) {
      const key = this.#key();
      return (attributes) => Object.hasOwn(attributes, key);
    }
    this.#need(".");
    const key = this.#key();
    const isEqual = this.#take("=");
    if (!isEqual) this.#need("!=");
    const value = this.#string();
    return (attributes) => (attributes[key] === value) === isEqual;
  }

  #hasPrefix(): Filter {
    for (const token of ["(", "attributes", "."]) this.#need(token);
    const key = this.#key();
    this.#need(",");
    const prefix = this.#string();
    this.#need(")");
    return (attributes) => attributes[key]?.startsWith(prefix) === true;
  }

  #key(): string {
    const token = this.#peek() ?? "";
    if (token.startsWith('"')) return this.#string();
    if (!/^[A-Za-z_]/.test(token)) throw this.#unexpected();
    this.#at++;
    return token;
  }

  #string(): string {
    const token = this.#peek() ?? "";
    if (!token.startsWith('"')) throw this.#unexpected();
    this.#at++;
    return token.slice(1, -1).replaceAll(/\\(.)/g, "$1");
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(token: string): boolean {
    const isHere = this.#peek() === token;
    if (isHere) this.#at++;
    return isHere;
  }

  #need(token: string): void {
    if (!this.#take(token)) throw this.#unexpected();
  }

  #unexpected(): RpcError {
    return refusal(this.#text, `unexpected ${this.#peek() ?? "end"}`);
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw refusal(text, `unexpected ${text.slice(at, at + 1)}`);
    tokens.push(match.slice(1).find((part) => part !== undefined) ?? "");
  }
  return tokens;
}

function refusal(text: string, why: string): RpcError {
  return new RpcError("INVALID_ARGUMENT", `Invalid filter ${text}: ${why}`);
}
