import { GoogleError } from "../google_error.ts";

/** A part of BigQuery's SQL; blank space and comments are `space`. */
export interface Token {
  readonly kind: "space" | "word" | "number" | "text" | "quoted" | "parameter" | "sign";
  /** As it is written; of a text its characters, of a quoted name what is between the backticks. */
  readonly text: string;
}

/** The lexical elements of GoogleSQL, by the group that matches. */
const PATTERN = new RegExp(
  [
    /(?<space>\s+|--[^\n]*|#[^\n]*|\/\*[^]*?\*\/)/,
    /(?<text>[rR]?'(?:[^'\\\n]|\\.)*'|[rR]?"(?:[^"\\\n]|\\.)*")/,
    /`(?<quoted>[^`\n]+)`/,
    /(?<parameter>@@?[A-Za-z_]\w*|\?)/,
    /(?<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/,
    /(?<word>[A-Za-z_]\w*)/,
    /(?<sign>\|\||<=|>=|<>|!=|<<|>>|=>|[-+*/()[\].,;=<>|&^~])/,
  ].map(({ source }) => source).join("|"),
  "y",
);
const TRIPLE_QUOTE = /^[rRbB]{0,2}(?:'''|""")/;
const BYTES = /^[rR]?[bB][rR]?['"]/;

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
};

/** Cuts a statement into its parts; throws GoogleError `invalidQuery` for what is no SQL of BigQuery. */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length;) {
    const rest = sql.slice(at, at + 5);
    if (TRIPLE_QUOTE.test(rest)) throw notRun("triple-quoted strings");
    if (BYTES.test(rest)) throw notRun("bytes literals");
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(sql);
    if (match === null) {
      throw new GoogleError("invalidQuery", `Syntax error: Unexpected "${sql.charAt(at)}"`);
    }
    at = PATTERN.lastIndex;
    const found = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined);
    const [kind, text = ""] = found ?? [];
    tokens.push({ kind: kind as Token["kind"], text: kind === "text" ? textOf(text) : text }); // the pattern's groups
  }
  return tokens;
}

/** The error of what BigQuery computes and the local BigQuery does not. */
export function notRun(what: string, instead?: string): GoogleError {
  const hint = instead === undefined ? "" : `: write ${instead}`;
  return new GoogleError("invalidQuery", `The local BigQuery does not run ${what}${hint}`);
}

function textOf(literal: string): string {
  const isRaw = /^r/i.test(literal);
  const text = literal.slice(isRaw ? 2 : 1, -1);
  if (isRaw) return text;
  return text.replace(/\\(.)/gs, (_, letter: string) => {
    if (ESCAPES[letter] !== undefined) return ESCAPES[letter];
    if (/[\\?"'`]/.test(letter)) return letter;
    throw notRun(`the escape sequence \\${letter}`);
  });
}
