import * as z from "zod";
import { PROBLEM_TYPES, type ProblemCode } from "../problem_types.ts";
import { imageParam } from "../schemas.ts";
import { EXAMPLES } from "./openapi_examples.ts";
import { COMPONENTS, type Json, type Operation, PATHS, ref } from "./openapi_operations.ts";

const GUARDED = ["unauthenticated", "forbidden", "rate_limited", "invalid_request"] as const;

/** The OpenAPI 3.1 document of the edge, made from the schemas that requests are checked by. */
export function makeOpenapiDocument() {
  return {
    openapi: "3.1.0",
    info: {
      title: "Tintype",
      version: "1.0.0",
      description: "Takes images in, processes them and makes them disappear after seven days.",
    },
    servers: [{ url: "/" }],
    paths: mapValues(
      PATHS,
      (operations, path) => mapValues(operations, (it) => operationOf(it, path)),
    ),
    components: {
      schemas: mapValues(
        COMPONENTS,
        (schema, name) => ({ ...jsonSchema(schema), examples: [EXAMPLES[name]] }),
      ),
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  };
}

function operationOf(operation: Operation, path: string): Json {
  const { id, summary, scopes, query, body, answers, problems = [] } = operation;
  const codes = [
    ...new Set([...(scopes === undefined ? [] : GUARDED), ...problems, "unavailable" as const]),
  ];
  return {
    operationId: id,
    tags: [tagOf(path)],
    summary,
    ...(scopes === undefined ? {} : {
      description: `Takes the scope ${scopes.join(" or ")}.`,
      security: [{ token: [] }],
    }),
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body === undefined ? {} : { requestBody: { required: true, content: body } }),
    responses: { ...mapValues(answers, answerOf), ...problemAnswers(codes) },
  };
}

/** What viewers group an operation by. */
function tagOf(path: string): string {
  return /^\/v1\/(\w+)/.exec(path)?.[1] ?? "service";
}

function pathParameters(path: string): Json[] {
  if (path.includes("{id}")) {
    return [{ name: "id", in: "path", required: true, schema: jsonSchema(imageParam.shape.id) }];
  }
  if (path.includes("{file}")) {
    const schema = { type: "string", pattern: "^[A-Za-z0-9._-]+$" };
    return [{ name: "file", in: "path", required: true, schema }];
  }
  if (!path.includes("{code}")) return [];
  const schema = { enum: Object.keys(PROBLEM_TYPES) };
  return [{ name: "code", in: "path", required: true, schema }];
}

function queryParameters(query: z.ZodObject | undefined): Json[] {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema: jsonSchema(schema),
  }));
}

function answerOf(component: Operation["answers"][number]): Json {
  if (component === "none") return { description: "Not modified" };
  if (component === "file") return { description: "The file", content: { "*/*": {} } };
  if (component === "html") return { description: "A page", content: { "text/html": {} } };
  if (component === "json") {
    return { description: "The document", content: { "application/json": {} } };
  }
  return { description: component, content: { "application/json": { schema: ref(component) } } };
}

function problemAnswers(codes: readonly ProblemCode[]): Json {
  const byStatus = Object.groupBy(codes, (code) => String(PROBLEM_TYPES[code].status));
  return mapValues(byStatus, (group) => ({
    description: (group ?? []).map((code) => `\`${code}\`: ${PROBLEM_TYPES[code].title}`).join(
      "; ",
    ),
    content: { "application/problem+json": { schema: ref("Problem") } },
  }));
}

function jsonSchema(schema: z.core.$ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
}

function mapValues<In, Out, Name extends string>(
  entries: Readonly<Record<Name, In>>,
  change: (value: In, name: Name) => Out,
): Record<string, Out> {
  return Object.fromEntries(
    Object.entries<In>(entries).map((
      [name, value],
    ) => [name, change(value, name as Name)]), // a key of the record
  );
}
