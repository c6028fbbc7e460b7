import type { CommandSpec, Switch, ValueFlag } from "./command.ts";

const WIDTH = 100;
const WIDEST_FLAG = 24;

/** The text of `--help`: usage, summary, flags, exit codes. */
export function helpText(spec: CommandSpec): string {
  const { summary, flags, exitCodes = {} } = spec;
  const rows = [
    ...Object.entries(flags).map(([name, flag]) => [leftOf(name, flag), rightOf(flag)] as const),
    ["--help", "print this text"] as const,
  ];
  const lefts = rows.map(([left]) => left.length).filter((length) => length <= WIDEST_FLAG);
  const indent = 2 + Math.max(...lefts) + 2;
  const codes = { 0: "done", 1: "failed", 2: "wrong call, or nothing answers", ...exitCodes };
  const exits = Object.entries(codes).map(([code, meaning]) => `${code} ${meaning}`).join("; ");
  return [
    usageOf(spec),
    "",
    ...summary.split("\n").flatMap((paragraph) => wrapped(paragraph, WIDTH)),
    "",
    ...rows.flatMap(([left, right]) => rowOf(left, right, indent)),
    "",
    ...wrapped(`Exit codes: ${exits}.`, WIDTH),
  ].join("\n");
}

function usageOf(
  { name, program = `deno task ${name}`, usage, words, flags }: CommandSpec,
): string {
  const many = words === undefined || words.max === 1 ? "" : "...";
  const shown = words === undefined ? "" : `${words.placeholder}${many} `;
  const required = Object.entries(flags)
    .map(([name, flag]) => "required" in flag && flag.required ? `${leftOf(name, flag)} ` : "");
  const optional = words?.min === 0 ? `[${shown.trim()}] ` : shown;
  const options = Object.keys(flags).length === 0 ? "" : "[options]";
  return (usage ?? [`${required.join("")}${optional}${options}`.trim()])
    .map((form, index) => `${index === 0 ? "Usage:" : "      "} ${program} ${form}`.trimEnd())
    .join("\n");
}

function leftOf(name: string, flag: Switch | ValueFlag): string {
  return "placeholder" in flag ? `--${name} ${flag.placeholder}` : `--${name}`;
}

function rightOf(flag: Switch | ValueFlag): string {
  const value = "placeholder" in flag ? flag.default : undefined;
  const repeated = "placeholder" in flag && flag.multiple ? "; may be repeated" : "";
  return `${flag.description}${repeated}${value === undefined ? "" : ` (default: ${value})`}`;
}

function rowOf(left: string, right: string, indent: number): string[] {
  const lines = wrapped(right, WIDTH - indent).map((line) => " ".repeat(indent) + line);
  const start = `  ${left}`;
  if (start.length + 2 > indent) return [start, ...lines];
  return lines.map((line, index) => index === 0 ? start + line.slice(start.length) : line);
}

/** A paragraph as lines of at most `width` characters; longer words stay whole. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
