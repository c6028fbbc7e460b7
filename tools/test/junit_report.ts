/** Reads the JUnit files that Node's and Deno's test runners write; both become one list of cases. */

/** How one test ended; `reason` says why it was skipped or failed, empty where the report has none. */
export interface TestCase {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly reason: string;
}

const CASE = /<testcase((?:\s+[\w-]+="[^"]*")*)\s*(?:\/>|>([\s\S]*?)<\/testcase>)/g;
/** As `deno_node_test.ts` writes it. */
const REASON_IN_NAME = / \(skipped: (.*)\)$/s;
const FAILURE = /<(?:failure|error)\b((?:\s+[\w-]+="[^"]*")*)[^>]*>([^<]*)/;
/** The call site in our own file, and what caused the error. */
const PLACES = [/^ *at .*file:(?!.*node_modules).*$/m, /^ *(?:Caused by:|\[cause\]:) .*$/m];
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'" };

/**
 * The cases of a report. Only leaves count: a test with subtests counts by them,
 * unless it failed while all of them passed.
 */
export function parseJunitReport(xml: string): TestCase[] {
  const cases = [...xml.matchAll(CASE)].map(([, attributes = "", body = ""]) =>
    readCase(attributes, body)
  );
  return xml.includes('<testsuites name="deno test"') ? leavesOf(cases) : cases;
}

function readCase(attributes: string, body: string): TestCase {
  const fullName = attributeOf(attributes, "name");
  const name = fullName.replace(REASON_IN_NAME, "");
  const [, failure, text = ""] = FAILURE.exec(body) ?? [];
  if (failure !== undefined) {
    return { name, outcome: "failed", reason: errorOf(attributeOf(failure, "message"), text) };
  }
  const [, skipped] = /<skipped\b([^>]*)>/.exec(body) ?? [];
  if (skipped === undefined) return { name, outcome: "passed", reason: "" };
  const message = attributeOf(skipped, "message");
  const reason = REASON_IN_NAME.exec(fullName)?.[1] ?? (message === "true" ? "" : message);
  return { name, outcome: "skipped", reason };
}

/** An error's message without blank lines, then the line of the test that it came from and its cause. */
function errorOf(message: string, text: string): string {
  const places = PLACES.flatMap((place) => decoded(place.exec(text)?.[0] ?? ""));
  // Node escapes the message twice.
  return [...decoded(message).split("\n"), ...places].filter((line) => line.trim() !== "").join(
    "\n",
  );
}

/** Deno lists parents beside their steps, which it names `parent > step`. */
function leavesOf(cases: readonly TestCase[]): TestCase[] {
  const parents = new Set(cases.flatMap(({ name }) => ancestorsOf(name)));
  const blamed = new Set(
    cases.filter(({ outcome }) => outcome === "failed").flatMap(({ name }) => ancestorsOf(name)),
  );
  return cases.filter(({ name, outcome }) =>
    !parents.has(name) || (outcome === "failed" && !blamed.has(name))
  );
}

function ancestorsOf(name: string): string[] {
  const parts = name.split(" > ");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(" > "));
}

function attributeOf(attributes: string, name: string): string {
  const [, value = ""] = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes) ?? [];
  return decoded(value);
}

function decoded(value: string): string {
  return value
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll(/&(lt|gt|quot|apos);/g, (_, entity) => ENTITIES[entity] ?? "")
    .replaceAll("&amp;", "&");
}
