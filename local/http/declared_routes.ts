/**
 * The routes of an emulator, each declared with all that it implements: query parameters, headers, fields of its body and of
 * its response. What else a request asks for is refused by its name (501), so that no test passes by a thing that only the
 * real service does.
 */
import * as z from "zod";
import { type Call, readText, type Reply } from "./call.ts";
import { parseDeclared, parseJson } from "./declared_body.ts";
import { applyFieldMask, type FieldMask, parseFieldMask } from "./field_mask.ts";
import { notEmulated, Refusal } from "./refusal.ts";

/** A request that was routed. */
export interface RoutedCall extends Call {
  /** A name of the route's path, decoded; empty where the path has none. */
  readonly name: (key: string) => string;
}

/** What a route implements beside its method and path. */
export interface Declaration {
  /** Query parameters, by spaces: `name`, or `name=one|two` where only these values are implemented (`name=`: the empty one). */
  readonly query?: string;
  /** Headers of those that change what a request does, by spaces; `x-goog-meta-*` is every name of that beginning. */
  readonly headers?: string;
  /** Fields of the response that `fields` may name, in its own syntax; without them `fields` is refused. */
  readonly fields?: string;
  /** What an identity must be granted; only the project's owner may do what has no verb. */
  readonly verb?: string;
}

type Run<Context, Body> = (
  context: Context,
  call: RoutedCall,
  body: Body,
) => Reply | Promise<Reply>;

/** A route; `Context` is what its emulator hands to each. */
export interface Route<Context> extends Declaration {
  /** The JSON of the body, which is read before `run`; without it, reading the body is up to `run`. */
  readonly body?: z.ZodType;
  readonly run: Run<Context, unknown>;
}

/** A route with a JSON body of a schema, which should be strict. */
export function withBody<Context, Body>(
  body: z.ZodType<Body>,
  route: Declaration & { readonly run: Run<Context, Body> },
): Route<Context> {
  // It was read by the schema.
  return { ...route, body, run: (context, call, read) => route.run(context, call, read as Body) };
}

/** What all routes of a table share. */
interface Common extends Pick<Declaration, "query" | "headers"> {
  readonly maxBodyBytes: number;
  /** Whether paths end in `:verb`, as Google's custom methods do; then no name holds a colon. */
  readonly customVerbs?: boolean;
  /** Whether a body's fields that are `null` count as absent (https://protobuf.dev/programming-guides/json/). */
  readonly nullIsAbsent?: boolean;
}

/** Query parameters that every JSON API of Google has (https://cloud.google.com/apis/docs/system-parameters); a `key` buys nothing here. */
export const STANDARD_QUERY = "alt=json prettyPrint=true|false key";
/** Headers that change what a request does. */
const MEANINGFUL = /^(x-goog-|x-upload-|x-guploader-|x-http-method|if-|content-encoding$)/;
/** Those of them that only say who calls. */
const CALLER = "x-goog-api-client x-goog-request-params x-goog-gcs-idempotency-token";

/** The routes of an emulator by `METHOD /path/{name}`; `{name*}` may hold slashes. */
export class DeclaredRoutes<Context> {
  readonly #common: Common;
  readonly #routes: readonly CompiledRoute<Context>[];

  constructor(routes: Readonly<Record<string, Route<Context>>>, common: Common) {
    this.#common = common;
    this.#routes = Object.entries(routes).map(([key, route]) => compile(key, route, common));
  }

  /** The declarations, as `GET /_local` shows them. */
  describe() {
    return this.#routes.map(({ key, route: { run: _, body, ...declared } }) => ({
      route: key,
      ...declared,
      body: body instanceof z.ZodObject ? Object.keys(body.shape) : undefined,
    }));
  }

  /** Runs the route of a call; `check` may refuse it first. Throws Refusal for what is not declared. */
  async answer(
    context: Context,
    call: Call,
    check: (call: RoutedCall, route: Declaration) => void = () => {},
  ): Promise<Reply> {
    const { method, path } = call;
    const found = this.#routes.find((each) => each.method === method && each.pattern.test(path));
    if (found === undefined) throw notEmulated(`${method} ${path}`);
    const groups = found.pattern.exec(path)?.groups ?? {};
    const routed = { ...call, name: (key: string) => decode(groups[key] ?? "") };
    check(routed, found.route);
    checkQuery(call.query, found.query);
    checkHeaders(call.headers, found.headers);
    const mask = maskOf(call, found);
    const reply = await found.route.run(context, routed, await this.#readBody(call, found.route));
    const { json } = reply;
    if (json === undefined) return reply;
    const shown = mask === undefined ? json : applyFieldMask(json, mask);
    if (call.query.get("prettyPrint") !== "true") return { ...reply, json: shown };
    const { json: _, ...rest } = reply;
    return { ...rest, body: JSON.stringify(shown, null, 2) };
  }

  async #readBody(call: Call, { body }: Route<Context>): Promise<unknown> {
    if (body === undefined) return undefined;
    const { maxBodyBytes, nullIsAbsent = false } = this.#common;
    const text = await readText(call.body, maxBodyBytes);
    if (text === undefined) {
      const message = `Request payload size exceeds the limit: ${maxBodyBytes} bytes.`;
      throw new Refusal("too_large", message);
    }
    return parseDeclared(body, parseJson(text, nullIsAbsent));
  }
}

interface CompiledRoute<Context> {
  readonly key: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly route: Route<Context>;
  /** The values that each parameter may have; any, where they are undefined. */
  readonly query: ReadonlyMap<string, readonly string[] | undefined>;
  readonly headers: readonly string[];
  readonly fields: FieldMask | undefined;
}

function compile<Context>(
  key: string,
  route: Route<Context>,
  common: Common,
): CompiledRoute<Context> {
  const [method = "", path = ""] = key.split(" ");
  const one = common.customVerbs ? "[^/:]+" : "[^/]+";
  const pattern = path.replaceAll(".", "\\.")
    .replaceAll(/\{(\w+)(\*?)\}/g, (_, name, more) => `(?<${name}>${more === "" ? one : ".+"})`);
  const query = wordsOf(common.query, route.query).map((text) => {
    const [, name = "", values] = /^([^=]+)(?:=(.*))?$/.exec(text) ?? [];
    return [name, values?.split("|")] as const;
  });
  return {
    key,
    method,
    route,
    pattern: new RegExp(`^${pattern}/?$`, "s"),
    query: new Map(query),
    headers: wordsOf(CALLER, common.headers, route.headers),
    fields: route.fields === undefined ? undefined : parseFieldMask(route.fields),
  };
}

function wordsOf(...texts: readonly (string | undefined)[]): string[] {
  return texts.join(" ").split(" ").filter((word) => word !== "");
}

function checkQuery(given: URLSearchParams, declared: CompiledRoute<unknown>["query"]): void {
  for (const [name, value] of given) {
    if (name === "fields") continue;
    if (!declared.has(name)) throw notEmulated(`the query parameter ${name}`);
    // Python writes `True`.
    const read = /^(true|false)$/i.test(value) ? value.toLowerCase() : value;
    if (declared.get(name)?.includes(read) === false) {
      const taken = declared.get(name)?.join(" or ") || "no value";
      throw notEmulated(`${name}=${value}: it takes ${taken}`);
    }
  }
}

function checkHeaders(given: Call["headers"], declared: readonly string[]): void {
  const isDeclared = (name: string) =>
    declared.some((each) =>
      each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each
    );
  const unknown = Object.keys(given).find((name) => MEANINGFUL.test(name) && !isDeclared(name));
  if (unknown !== undefined) throw notEmulated(`the header ${unknown}`);
}

function maskOf(
  { query }: Call,
  { fields }: Pick<CompiledRoute<unknown>, "fields">,
): FieldMask | undefined {
  const text = query.get("fields");
  if (text === null) return undefined;
  if (fields === undefined) throw notEmulated("the query parameter fields here");
  return parseFieldMask(text, fields);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal("invalid", "The path is not percent-encoded UTF-8.");
  }
}
