/** The mutants of a source file: one comparison, operator, sign, literal, branch or return changed at a time. */
import { createHash } from "node:crypto";
import { parseSync } from "oxc-parser";

/** One change of one file, with the first line that it changes, trimmed. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The whole file with the change. */
  readonly text: string;
}

/** A node of the ESTree that oxc-parser returns, read by field names. */
type Node = { readonly type: string; readonly start: number; readonly end: number } & Fields;
type Fields = Readonly<Record<string, unknown>>;
/** `[start, end, replacement]` in the text of the file. */
type Edit = readonly [start: number, end: number, replacement: string];

/** Operator → what takes its place. A comparison moves its boundary, `===` is reversed. */
const OPERATORS: Readonly<Record<string, string>> = {
  ...{ "===": "!==", "!==": "===", "<": "<=", "<=": "<", ">": ">=", ">=": ">" },
  ...{ "+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "**": "*" },
  ...{ "<<": ">>", ">>": "<<", ">>>": "<<", "&": "|", "|": "&", "^": "&" },
  ...{ "&&": "||", "||": "&&", "+=": "-=", "-=": "+=", "*=": "/=", "++": "--", "--": "++" },
};
/** Syntax that is erased, or that only names modules. */
const IGNORED = /^(TS(?!As|Satisfies|NonNull)|Import(?!Expression)|Export(All|Specifier))/;

/** All mutants of `text`, the source of `file`, in the order of the file. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const edits: Edit[] = [];
  const { program } = parseSync(file, text);
  visit({ program }, (node) => edits.push(...editsOf(node, text)));
  return edits.map(([start, end, replacement]) => {
    const changed = text.slice(0, start) + replacement + text.slice(end);
    const lineStart = text.lastIndexOf("\n", start - 1) + 1;
    const line = text.slice(0, start).split("\n").length;
    const lineIn = (source: string) => source.slice(lineStart).split("\n", 1)[0]?.trim() ?? "";
    return { file, line, before: lineIn(text), after: lineIn(changed), text: changed };
  });
}

/** `count` of the mutants in an order that the seed alone decides; a change elsewhere in a file keeps the choice. */
export function choose(mutants: readonly Mutant[], seed: string, count: number): Mutant[] {
  return mutants.map((mutant) => ({ mutant, rank: rankOf(mutant, seed) }))
    .sort((a, b) => a.rank < b.rank ? -1 : 1)
    .slice(0, count).map(({ mutant }) => mutant);
}

function rankOf({ file, before, after }: Mutant, seed: string): string {
  return createHash("sha256").update([seed, file, before, after].join("\n")).digest("hex");
}

function visit(node: Node | Fields, onNode: (node: Node) => void): void {
  if (isNode(node)) onNode(node);
  for (const value of Object.values(node).flat()) {
    if (isNode(value) && !IGNORED.test(value.type)) visit(value, onNode);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function editsOf(node: Node, text: string): Edit[] {
  const { start, end, type, operator, left, right, test, value } = node;
  const source = ({ start, end }: Node) => text.slice(start, end);
  if (type === "Literal" && typeof value === "number") return [[start, end, String(value + 1)]];
  if (type === "Literal" && typeof value === "boolean") return [[start, end, String(!value)]];
  if (type === "UnaryExpression" && /[!-]/.test(String(operator))) return [[start, start + 1, ""]];
  if (type === "IfStatement" && isNode(test)) return [[test.start, test.end, "false"]];
  if (type === "ConditionalExpression" && isNode(test)) {
    return [[test.start, test.end, `!(${source(test)})`]];
  }
  const result = type === "ReturnStatement"
    ? node["argument"]
    : type === "ArrowFunctionExpression" && node["expression"] && node["body"];
  if (isNode(result)) {
    return source(result) === "undefined" ? [] : [[result.start, result.end, "undefined"]];
  }
  if (type === "UpdateExpression") return operatorEdit(String(operator), [start, end], text);
  if (!isNode(left) || !isNode(right)) return [];
  // Both sides in turn: the value that may be missing, and its default.
  if (operator === "??") return [[start, end, source(left)], [start, end, source(right)]];
  if (operator === "+" && [left, right].some(isText)) return [];
  return operatorEdit(String(operator), [left.end, right.start], text);
}

function isText(node: Node): boolean {
  return node.type === "TemplateLiteral" || typeof node["value"] === "string";
}

function operatorEdit(operator: string, range: readonly [number, number], text: string): Edit[] {
  const replacement = OPERATORS[operator];
  if (replacement === undefined) return [];
  const start = range[0] + text.slice(...range).indexOf(operator);
  return [[start, start + operator.length, replacement]];
}
