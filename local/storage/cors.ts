/**
 * Which pages may use an answer: the XML API asks the bucket's configuration, a resumable session knows the one origin
 * that it was started with. The JSON API, which asks for no credentials here, is open to no page.
 */
import { type Call, headerOf, type Reply } from "../http/call.ts";
import type { CorsRule } from "./object_record.ts";
import type { StorageParts } from "./parts.ts";
import { decodePath, isJsonPath } from "./read_request.ts";

/** Headers that pages read from responses, and those that they send. */
const CORS_HEADERS: readonly string[] = [
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

/** The rule that lets pages of these origins call with these methods. */
export function corsRule(origin: readonly string[], method: readonly string[]): CorsRule {
  return { origin, method, responseHeader: CORS_HEADERS, maxAgeSeconds: 3_600 };
}

/** Answers an `OPTIONS` request: without CORS headers where the page may not go on. */
export function answerPreflight(parts: StorageParts, call: Call): Reply {
  const method = headerOf(call, "access-control-request-method");
  const rule = method === undefined ? undefined : ruleOf(parts, call, method);
  if (rule === undefined) return { status: 200, headers: { "Content-Length": 0 } };
  const known = new Set(rule.responseHeader.map((name) => name.toLowerCase()));
  const asked = (headerOf(call, "access-control-request-headers") ?? "").split(",")
    .map((name) => name.trim()).filter((name) => known.has(name.toLowerCase()));
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

/** The response with the headers that let a page read it; none where it may not. */
export function withCors(parts: StorageParts, call: Call, reply: Reply): Reply {
  if (call.method === "OPTIONS" || call.headers.origin === undefined) return reply;
  const rule = ruleOf(parts, call, call.method);
  if (rule === undefined) return reply;
  const exposed = { "Access-Control-Expose-Headers": rule.responseHeader.join(",") };
  return { ...reply, headers: { ...reply.headers, ...originHeaders(rule, call), ...exposed } };
}

function ruleOf(parts: StorageParts, call: Call, method: string): CorsRule | undefined {
  const origin = headerOf(call, "origin");
  if (origin === undefined) return undefined;
  return rulesFor(parts, call).find((rule) =>
    rule.method.includes(method) && (rule.origin.includes(origin) || rule.origin.includes("*"))
  );
}

function rulesFor(
  { database, sessions }: StorageParts,
  { path, query }: Call,
): readonly CorsRule[] {
  const id = query.get("upload_id");
  if (id !== null) {
    const origin = sessions.originOf(id);
    return origin === undefined ? [] : [corsRule([origin], ["PUT", "POST", "DELETE"])];
  }
  if (isJsonPath(path)) return [];
  return database.bucket(decodePath(path.split("/")[1] ?? ""))?.cors ?? [];
}

function originHeaders(rule: CorsRule, call: Call): Record<string, string> {
  const any = rule.origin.includes("*");
  const origin = any ? "*" : headerOf(call, "origin") ?? "";
  return { "Access-Control-Allow-Origin": origin, ...(any ? {} : { Vary: "Origin" }) };
}
