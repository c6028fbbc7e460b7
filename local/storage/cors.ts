import { type Call, decodePath, headerOf, type Reply } from "./call.ts";
import type { ObjectDatabase } from "./object_database.ts";
import type { CorsRule } from "./object_record.ts";
import type { ResumableSessions } from "./resumable_session.ts";

const MAX_AGE_SECONDS = 3_600;

/** The headers that pages read from answers, and those that they send. */
export const CORS_HEADERS: readonly string[] = [
  "Content-Type",
  "Content-Length",
  "Content-Range",
  "Content-MD5",
  "ETag",
  "Location",
  "Range",
  "x-goog-content-length-range",
  "x-goog-custom-time",
  "x-goog-generation",
  "x-goog-hash",
  "x-goog-if-generation-match",
  "x-goog-meta-preset",
  "x-goog-meta-sha256",
  "x-goog-meta-size",
  "x-goog-meta-source",
  "x-goog-meta-traceparent",
  "x-goog-metageneration",
  "x-goog-resumable",
  "x-goog-stored-content-length",
];

/** What {@link Cors} is made of. */
export interface CorsOptions {
  readonly database: ObjectDatabase;
  readonly sessions: ResumableSessions;
}

/**
 * Which pages may use an answer: the XML API asks the bucket's configuration, a resumable session knows the one origin
 * that it was started with. Pages have no business with the JSON API, which asks for no credentials here.
 */
export class Cors {
  readonly #options: CorsOptions;

  constructor(options: CorsOptions) {
    this.#options = options;
  }

  /** Answers an `OPTIONS` request: without CORS headers where the page may not go on. */
  preflight(call: Call): Reply {
    const method = headerOf(call, "access-control-request-method");
    const rule = method === undefined ? undefined : this.#ruleOf(call, method);
    if (rule === undefined) return { status: 200, headers: { "Content-Length": 0 } };
    const asked = (headerOf(call, "access-control-request-headers") ?? "").split(",")
      .map((name) => name.trim()).filter((name) => name !== "" && covers(rule, name));
    return {
      status: 200,
      headers: {
        ...originHeaders(rule, call),
        "Access-Control-Allow-Methods": rule.method.join(","),
        "Access-Control-Allow-Headers": asked.join(","),
        "Access-Control-Max-Age": rule.maxAgeSeconds,
        "Content-Length": 0,
      },
    };
  }

  /** The headers that let a page read the answer to its request; none where it may not. */
  headersFor(call: Call): Record<string, string> {
    const rule = this.#ruleOf(call, call.method);
    if (rule === undefined) return {};
    const exposed = rule.responseHeader.join(",");
    return { ...originHeaders(rule, call), "Access-Control-Expose-Headers": exposed };
  }

  #ruleOf(call: Call, method: string): CorsRule | undefined {
    const origin = headerOf(call, "origin");
    if (origin === undefined) return undefined;
    return this.#rulesFor(call).find((rule) =>
      rule.method.some((allowed) => allowed === "*" || allowed === method) &&
      rule.origin.some((allowed) => allowed === "*" || allowed === origin)
    );
  }

  #rulesFor({ path, query }: Call): readonly CorsRule[] {
    const { database, sessions } = this.#options;
    const id = query.get("upload_id");
    if (id !== null) {
      const origin = sessions.originOf(id);
      return origin === undefined ? [] : [sessionRule(origin)];
    }
    if (/^\/(upload\/|download\/)?storage\/v1\//.test(path)) return [];
    return database.bucket(decodePath(path.split("/")[1] ?? ""))?.cors ?? [];
  }
}

function sessionRule(origin: string): CorsRule {
  return {
    origin: [origin],
    method: ["PUT", "POST", "DELETE"],
    responseHeader: CORS_HEADERS,
    maxAgeSeconds: MAX_AGE_SECONDS,
  };
}

function originHeaders(rule: CorsRule, call: Call): Record<string, string> {
  const any = rule.origin.includes("*");
  const origin = any ? "*" : headerOf(call, "origin") ?? "";
  return { "Access-Control-Allow-Origin": origin, ...(any ? {} : { Vary: "Origin" }) };
}

function covers(rule: CorsRule, name: string): boolean {
  return rule.responseHeader.some((allowed) =>
    allowed === "*" || allowed.toLowerCase() === name.toLowerCase()
  );
}
