import type { CommandSpec } from "./command_spec.ts";

const WIDTH = 100;

/** The text of `--help`: usage, summary, flags, exit codes. */
export function helpText({ name, program = `deno task ${name}`, ...spec }: CommandSpec): string {
  const rows = [...Object.entries(spec.flags), ["help", "print this text"] as const]
    .map(([key, flag]) => [`  --${key}  `, textOf(flag)] as const);
  const indent = Math.max(...rows.map(([left]) => left.length));
  const codes = { 0: "done", 1: "failed", 2: "wrong call, or nothing answers", ...spec.exitCodes };
  const exits = Object.entries(codes).map(([code, meaning]) => `${code} ${meaning}`).join("; ");
  return [
    ...(spec.usage ?? [formOf(spec)]).map((form, index) =>
      `${index === 0 ? "Usage:" : "      "} ${program} ${form}`.trimEnd()
    ),
    "",
    ...spec.summary.split("\n").flatMap((paragraph) => wrapped(paragraph, WIDTH)),
    "",
    ...rows.flatMap(([left, text]) =>
      wrapped(text, WIDTH - indent)
        .map((line, index) => (index === 0 ? left : "").padEnd(indent) + line)
    ),
    "",
    ...wrapped(`Exit codes: ${exits}.`, WIDTH),
  ].join("\n");
}

function formOf({ words, flags }: Pick<CommandSpec, "words" | "flags">): string {
  const required = Object.entries(flags)
    .flatMap(([key, flag]) => typeof flag !== "string" && flag.required ? [`--${key}`] : []);
  const { placeholder, min, max } = words ?? { placeholder: "", min: 1, max: 1 };
  const word = `${placeholder}${max === 1 ? "" : "..."}`;
  const options = Object.keys(flags).length === 0 ? "" : "[options]";
  return [...required, min === 0 ? `[${word}]` : word, options].filter(Boolean).join(" ");
}

function textOf(flag: CommandSpec["flags"][string]): string {
  if (typeof flag === "string") return flag;
  const repeated = flag.many ? "; may be repeated" : "";
  return `${flag.about}${repeated}${
    flag.default === undefined ? "" : ` (default: ${flag.default})`
  }`;
}

/** A paragraph as lines of at most `width` characters; longer words stay whole. */
function wrapped(text: string, width: number): readonly string[] {
  return text.match(new RegExp(`\\S{${width},}|\\S(?:.{0,${width - 2}}\\S)?(?=\\s|$)`, "g")) ?? [];
}
