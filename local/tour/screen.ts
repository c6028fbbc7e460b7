import { inspect, styleText } from "node:util";

/** Where a tour is shown. */
export interface Screen {
  /** Begins a step: what happens, and in which files. */
  step(says: string, code: string): void;
  found(label: string, value: unknown): void;
  /** `fetch` that shows requests and responses. */
  readonly fetch: typeof fetch;
}

/** So that a step fits on a screen. */
const MAX = { characters: 84, items: 3, fields: 5 } as const;
/** Fields of Cloud Storage's resources that say nothing here. */
const LEFT_OUT: readonly string[] = ["kind", "selfLink", "mediaLink"];

/** The value with long texts, lists and objects cut. */
function cut(value: unknown): unknown {
  if (typeof value === "string") {
    return value.length > MAX.characters ? `${value.slice(0, MAX.characters)}…` : value;
  }
  if (Array.isArray(value)) return value.slice(0, MAX.items).map(cut);
  if (value?.constructor !== Object) return value;
  const entries = Object.entries(value).filter(([name]) => !LEFT_OUT.includes(name));
  const more = entries.length - MAX.fields;
  const shown = entries.slice(0, MAX.fields).map(([name, inner]) => [name, cut(inner)]);
  return Object.fromEntries(more > 0 ? [...shown, ["…", `${more} more`]] : shown);
}

/** Prints on standard output. */
export function makeScreen(hasColours: boolean): Screen {
  const styled = (style: "bold" | "cyan" | "dim" | "green", text: string) =>
    hasColours ? styleText(style, text, { validateStream: false }) : text;
  const show = (value: unknown) =>
    inspect(cut(value), { depth: 4, breakLength: 104, compact: 6, colors: hasColours })
      .replaceAll("\n", "\n  ");
  const showBody = (text: string) => /^[[{]/.test(text) ? show(JSON.parse(text)) : "";
  let steps = 0;
  return {
    step(says, code) {
      console.log(`\n${styled("bold", `${++steps}. ${says}`)}`);
      console.log(styled("dim", `   ${code}`));
    },
    found: (label, value) => console.log(`${styled("green", `← ${label}`)} ${show(value)}`),
    async fetch(input, init) {
      const line = `→ ${init?.method ?? "GET"} ${cut(String(input))}`;
      const sent = typeof init?.body === "string" ? `\n  ${showBody(init.body)}` : "";
      console.log(styled("cyan", line) + sent);
      const response = await fetch(input, init);
      const body = showBody(await response.clone().text());
      console.log(`${styled("green", `← ${response.status}`)} ${body}`.trimEnd());
      return response;
    },
  };
}
