import type { RouterRoute } from "hono/types";
import * as z from "zod";
import { imageEventSchema, testEventSchema } from "@tintype/core/model/webhook_event";
import { factsOf, type OperationDescription, type RouteFacts } from "../middleware/describe.ts";
import { PROBLEM_TYPES, type ProblemCode } from "../problem_types.ts";
import { COMPONENTS, EXAMPLES } from "./components.ts";

/** A JSON object. */
type Json = { readonly [name: string]: unknown };

const REFERENCE = "#/components/schemas/";
/** What is sent to a tenant's webhooks (https://www.standardwebhooks.com), by what it is about. */
const WEBHOOKS = {
  image: { schema: imageEventSchema, summary: "An image is ready, rejected, failed or erased" },
  test: { schema: testEventSchema, summary: "Somebody tries the webhook" },
} as const;
const WEBHOOK_HEADERS = {
  "webhook-id": "The same for each repetition of an event",
  "webhook-timestamp": "When it is sent, in seconds since the epoch",
  "webhook-signature":
    "v1, and HMAC-SHA-256 over {id}.{timestamp}.{body} in base64; several, separated by spaces",
} as const;
const GUARDED = ["unauthenticated", "forbidden", "rate_limited", "invalid_request"] as const;

/** The OpenAPI 3.1 document of the routes of an app; throws TypeError where one is not described. */
export function makeOpenapiDocument(routes: readonly RouterRoute[]) {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [line, facts] of factsByRoute(routes)) {
    if (facts.isInternal === true) continue;
    const [method = "", route = ""] = line.split(" ");
    const path = route.replaceAll(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[method.toLowerCase()] = operationOf(line, facts);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Tintype",
      version: "1.0.0",
      description: "Takes images in, processes them and makes them disappear after seven days.",
    },
    servers: [{ url: "/" }],
    paths,
    webhooks: mapValues(WEBHOOKS, webhookOf),
    components: {
      schemas: componentSchemas(),
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  };
}

/** What all the middleware of each route says, by `METHOD path`. */
function factsByRoute(routes: readonly RouterRoute[]): Map<string, RouteFacts> {
  const found = new Map<string, RouteFacts>();
  for (const { method, path, handler } of routes) {
    if (method === "ALL") continue;
    const line = `${method} ${path}`;
    found.set(line, { ...found.get(line), ...factsOf(handler) });
  }
  return found;
}

function operationOf(line: string, facts: RouteFacts): Json {
  const { description, scopes, takesGrants, param, query, json } = facts;
  if (description === undefined) {
    throw new TypeError(`Cannot document ${line}: describe() is missing`);
  }
  const { id, summary, responses, problems = [], params = param, body } = description;
  const content = json === undefined ? body : { "application/json": { schema: ref(json) } };
  const codes: ProblemCode[] = [...scopes === undefined ? [] : GUARDED, ...problems, "unavailable"];
  return {
    operationId: id,
    tags: [/ \/v1\/(\w+)/.exec(line)?.[1] ?? "service"],
    summary,
    ...(scopes === undefined ? {} : {
      description: `Takes the scope ${scopes.join(" or ")}${takesGrants ? ", or a grant" : ""}.`,
      security: [{ token: [] }],
    }),
    parameters: [...parametersOf("path", params), ...parametersOf("query", query)],
    ...(content === undefined ? {} : { requestBody: { required: true, content } }),
    responses: { ...mapValues(responses, responseOf), ...problemResponses(codes) },
  };
}

function webhookOf({ schema, summary }: typeof WEBHOOKS[keyof typeof WEBHOOKS]): Json {
  return {
    post: {
      summary,
      parameters: Object.entries(WEBHOOK_HEADERS).map(([name, description]) => (
        { name, in: "header", required: true, description, schema: { type: "string" } }
      )),
      requestBody: { required: true, content: { "application/json": { schema: ref(schema) } } },
      responses: { "2XX": { description: "Taken; after everything else it is sent again" } },
    },
  };
}

function parametersOf(place: "path" | "query", schema: z.ZodType | undefined): Json[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).map(([name, each]) => ({
    name,
    in: place,
    required: place === "path",
    schema: jsonSchema(each),
  }));
}

function responseOf(content: OperationDescription["responses"][number], status: string): Json {
  if (content === "none") return { description: status === "304" ? "Not modified" : "Done" };
  if (content === "file") return { description: "The file", content: { "*/*": {} } };
  if (content === "html") return { description: "A page", content: { "text/html": {} } };
  if (content === "json") {
    return { description: "The document", content: { "application/json": {} } };
  }
  const schemas = content instanceof z.ZodType ? [content] : content;
  const refs = schemas.map(ref);
  const schema = refs.length === 1 ? refs[0] : { anyOf: refs };
  return {
    description: schemas.map(nameOf).join(" or "),
    content: { "application/json": { schema } },
  };
}

function problemResponses(codes: readonly ProblemCode[]): Json {
  const byStatus = Object.groupBy(new Set(codes), (code) => String(PROBLEM_TYPES[code].status));
  return mapValues(byStatus, (group = []) => ({
    description: group.map((code) => `\`${code}\`: ${PROBLEM_TYPES[code].title}`).join("; "),
    content: { "application/problem+json": { schema: ref(COMPONENTS.Problem) } },
  }));
}

/** A reference to a schema of the document. */
function ref(schema: z.ZodType): Json {
  return { $ref: REFERENCE + nameOf(schema) };
}

function nameOf(schema: z.ZodType): string {
  const [name] = Object.entries(COMPONENTS).find(([, each]) => each === schema) ?? [];
  if (name === undefined) throw new TypeError("Cannot document a schema: add it to COMPONENTS");
  return name;
}

const AS_INPUT = { io: "input", unrepresentable: "any" } as const;

function jsonSchema(schema: z.core.$ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, AS_INPUT);
  return rest;
}

/** The schemas by name, each with its example; one inside another is a reference. */
function componentSchemas(): Record<string, Json> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(COMPONENTS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { ...AS_INPUT, uri: (id) => REFERENCE + id });
  return mapValues(COMPONENTS, (_, name) => {
    const { $schema: _schema, $id: _id, ...schema } = schemas[name] ?? {};
    return { ...schema, examples: [EXAMPLES[name]] };
  });
}

function mapValues<In, Out, Name extends string>(
  entries: Readonly<Record<Name, In>>,
  change: (value: In, name: Name) => Out,
): Record<string, Out> {
  return Object.fromEntries(
    Object.entries<In>(entries)
      .map(([name, value]) => [name, change(value, name as Name)]), // a key of the record
  );
}
