/**
 * BigQuery's SQL as DuckDB's, for texts that have no committed translation: names, literals and parameters are written as
 * DuckDB reads them, functions by their table, and what DuckDB would compute to another value is refused by its name.
 */
import { GoogleError } from "../google_error.ts";
import { COLUMN_TYPES, writeCall, writeCast, writeExtract } from "./functions.ts";
import { notRun, type Token, tokensOf } from "./tokens.ts";

/** Tokens, those in brackets as one. */
type Node = Token | Group;

interface Group {
  readonly kind: "(" | "[";
  readonly nodes: readonly Node[];
}

/** Words that a bracket may follow which are no function. */
const KEYWORDS = new Set(
  ("ALL AND ANY AS BETWEEN BY CASE DISTINCT ELSE EXCEPT EXISTS FROM HAVING IN INTERSECT INTERVAL INTO IS JOIN LIKE LIMIT " +
    "NOT OFFSET ON OR OVER PARTITION QUALIFY RECURSIVE SELECT SET SOME THEN UNION USING VALUES WHEN WHERE WINDOW WITH INSERT")
    .split(" "),
);
/** Words behind which a name is a table's. */
const BEFORE_TABLES = new Set(["INTO", "TABLE", "EXISTS", "VIEW", "INSERT", "MERGE"]);
const CLOSING = { "(": ")", "[": "]" } as const;
/** Operators that DuckDB reads otherwise, or takes where BigQuery does not. */
const FOREIGN_SIGNS = new Set(["^", "~", "=>"]);
/** Words of other dialects, which DuckDB would take. */
const FOREIGN = new Set(["ILIKE", "GLOB", "SIMILAR", "ASOF", "PIVOT", "UNPIVOT", "TABLESAMPLE"]);

/** Writes a statement of BigQuery as DuckDB's; throws GoogleError `invalidQuery` for what it does not run. */
export function toDuckdb(sql: string): string {
  const nodes = nest(tokensOf(sql));
  const isDefinition = /^(CREATE|ALTER)$/i.test(textOf(nodes.find((node) => !isSpace(node))));
  return new Writer(isDefinition).write(nodes);
}

function nest(tokens: readonly Token[]): Node[] {
  const outer: { open: "(" | "["; nodes: Node[] }[] = [];
  let nodes: Node[] = [];
  for (const token of tokens) {
    const { kind, text } = token;
    if (kind === "sign" && (text === "(" || text === "[")) {
      outer.push({ open: text, nodes });
      nodes = [];
    } else if (kind === "sign" && (text === ")" || text === "]")) {
      const begun = outer.pop();
      if (begun === undefined || CLOSING[begun.open] !== text) throw unexpected(text);
      begun.nodes.push({ kind: begun.open, nodes });
      nodes = begun.nodes;
    } else nodes.push(token);
  }
  if (outer.length > 0) throw unexpected("end of script");
  return nodes;
}

class Writer {
  readonly #isDefinition: boolean;

  constructor(isDefinition: boolean) {
    this.#isDefinition = isDefinition;
  }

  write(nodes: readonly Node[]): string {
    let written = "";
    for (let at = 0; at < nodes.length;) {
      const [text, next] = this.#writeAt(nodes, at);
      written += text;
      at = next;
    }
    return written;
  }

  /** Writes what begins at a node, and says where the next one is. */
  #writeAt(nodes: readonly Node[], at: number): [string, number] {
    const node = nodes[at];
    if (node === undefined) return ["", at + 1];
    if (!("text" in node)) return [this.#writeGroup(node, before(nodes, at)), at + 1];
    if (node.kind === "word") return this.#writeWord(nodes, at, node.text);
    if (node.kind === "sign") return [signOf(node.text, nodes, at), at + 1];
    // DuckDB would read two texts without space between them as one with a quote.
    if (node.kind === "text" && nodes[at - 1]?.kind === "text") throw unexpected("string literal");
    if (node.kind === "text") return [`'${node.text.replaceAll("'", "''")}'`, at + 1];
    if (node.kind === "quoted") return [node.text.split(".").map(quoted).join("."), at + 1];
    if (node.kind === "parameter") return [parameterOf(node.text), at + 1];
    // A number with a point is a FLOAT64, and no DECIMAL; DuckDB knows no comment that begins with #.
    if (node.kind === "number") return [node.text.replace(/^[\d.]*\.[\d]*$/, "$&e0"), at + 1];
    return [node.text.replace(/^#/, "--"), at + 1];
  }

  #writeWord(nodes: readonly Node[], at: number, word: string): [string, number] {
    const name = word.toUpperCase();
    const last = before(nodes, at);
    const next = after(nodes, at);
    const following = nodes[next];
    if (FOREIGN.has(name)) throw notRun(name);
    if (name === "EXCEPT" && textOf(last) === "*" && following?.kind === "(") {
      return ["EXCLUDE ", next];
    }
    if (following?.kind === "text" && name === "TIMESTAMP") return ["TIMESTAMPTZ ", next];
    if (this.#isDefinition && COLUMN_TYPES[name] !== undefined) return [COLUMN_TYPES[name], at + 1];
    if (following?.kind !== "(" || KEYWORDS.has(name) || isTable(nodes, at)) return [word, at + 1];
    if (name === "REPLACE" && textOf(last) === "*") return [word, at + 1];
    if (textOf(last) === ".") throw notRun(`${textOf(nodes[at - 2])}.${word}()`);
    if (name === "UNNEST") {
      return this.#writeUnnest(nodes, { at: next, last, values: following.nodes });
    }
    return [this.#writeCall(name, following.nodes), next + 1];
  }

  #writeCall(name: string, nodes: readonly Node[]): string {
    if (name === "CAST" || name === "SAFE_CAST") {
      const [value, type] = this.#around(nodes, "AS");
      return writeCast(value, type, name === "SAFE_CAST");
    }
    if (name === "EXTRACT") {
      const [part, value] = this.#around(nodes, "FROM");
      return writeExtract(part, value);
    }
    return writeCall(name, split(nodes).map((each) => this.write(each).trim()));
  }

  /** What is before and behind a word that is not in brackets. */
  #around(nodes: readonly Node[], word: string): [string, string] {
    const at = nodes.findLastIndex((node) =>
      textOf(node).toUpperCase() === word && node.kind === "word"
    );
    if (at < 0) throw unexpected(")");
    return [this.write(nodes.slice(0, at)).trim(), this.write(nodes.slice(at + 1)).trim()];
  }

  /** BigQuery's element has the alias as its name; DuckDB's is a column of a table of that name. */
  #writeUnnest(
    nodes: readonly Node[],
    { at, last, values }: { at: number; last: Node | undefined; values: readonly Node[] },
  ): [string, number] {
    const unnested = `UNNEST(${this.write(values)})`;
    if (textOf(last).toUpperCase() === "IN") return [`(SELECT ${unnested})`, at + 1];
    const second = after(nodes, at);
    const isNamed = textOf(nodes[second]).toUpperCase() === "AS";
    const aliasAt = isNamed ? after(nodes, second) : second;
    const alias = nodes[aliasAt];
    if (alias?.kind !== "word" || KEYWORDS.has(alias.text.toUpperCase())) return [unnested, at + 1];
    if (textOf(nodes[after(nodes, aliasAt)]).toUpperCase() === "WITH") {
      throw notRun("UNNEST WITH OFFSET");
    }
    return [`${unnested} AS ${alias.text}(${alias.text})`, aliasAt + 1];
  }

  #writeGroup({ kind, nodes }: Group, last: Node | undefined): string {
    if (kind === "(") return `(${this.write(nodes)})`;
    const isSubscript = last !== undefined && !KEYWORDS.has(textOf(last).toUpperCase()) &&
      (last.kind === "(" || last.kind === "[" || last.kind === "word" || last.kind === "quoted");
    if (!isSubscript) return `[${this.write(nodes)}]`;
    const [first, second] = nodes.filter((node) => !isSpace(node));
    const name = textOf(first).toUpperCase();
    if (second?.kind !== "(" || (name !== "SAFE_OFFSET" && name !== "SAFE_ORDINAL")) {
      throw notRun("a subscript that fails outside of its array", "[SAFE_OFFSET(n)]");
    }
    const index = this.write(second.nodes);
    return name === "SAFE_OFFSET" ? `[(${index}) + 1]` : `[${index}]`;
  }
}

function signOf(sign: string, nodes: readonly Node[], at: number): string {
  if (FOREIGN_SIGNS.has(sign)) throw notRun(`the operator ${sign}`);
  if (sign === ";" && after(nodes, at) < nodes.length) throw notRun("several statements");
  const divisor = nodes[after(nodes, at)];
  const isSafe = divisor?.kind === "number" && Number(divisor.text) !== 0;
  if (sign === "/" && !isSafe) {
    throw notRun("a division that fails where the divisor is 0", "SAFE_DIVIDE(x, y)");
  }
  return sign;
}

function parameterOf(text: string): string {
  if (text.startsWith("@@")) throw notRun(`the system variable ${text}`);
  return text.replace("@", "$");
}

/** Whether the dotted name that ends here is a table's, so that columns follow it in brackets. */
function isTable(nodes: readonly Node[], at: number): boolean {
  let first = at;
  for (let dot = beforeAt(nodes, first); textOf(nodes[dot]) === "."; dot = beforeAt(nodes, first)) {
    first = beforeAt(nodes, dot);
  }
  return BEFORE_TABLES.has(textOf(nodes[beforeAt(nodes, first)]).toUpperCase());
}

function split(nodes: readonly Node[]): Node[][] {
  const parts: Node[][] = [[]];
  for (const node of nodes) {
    if (textOf(node) === "," && node.kind === "sign") parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return parts.length === 1 && parts[0]?.every(isSpace) ? [] : parts;
}

function before(nodes: readonly Node[], at: number): Node | undefined {
  return nodes[beforeAt(nodes, at)];
}

function beforeAt(nodes: readonly Node[], at: number): number {
  return nodes.findLastIndex((node, index) => index < at && !isSpace(node));
}

function after(nodes: readonly Node[], at: number): number {
  const found = nodes.findIndex((node, index) => index > at && !isSpace(node));
  return found < 0 ? nodes.length : found;
}

function isSpace(node: Node): node is Token {
  return node.kind === "space";
}

function textOf(node: Node | undefined): string {
  return node === undefined || !("text" in node) ? "" : node.text;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function unexpected(text: string): GoogleError {
  return new GoogleError("invalidQuery", `Syntax error: Unexpected "${text}"`);
}
