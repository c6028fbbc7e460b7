import type { MiddlewareHandler } from "hono";
import type * as z from "zod";
import type { AppEnv } from "../app_env.ts";
import type { ProblemCode } from "../problem_types.ts";

/** An operation as /openapi.json shows it, as far as its other middleware does not say it already. */
export interface OperationDescription {
  readonly id: string;
  readonly summary: string;
  /** By status: a schema of the contract, several where any of them may come, or the kind of content. */
  readonly responses: Readonly<
    Record<number, z.ZodType | readonly z.ZodType[] | "none" | "html" | "json" | "file">
  >;
  readonly problems?: readonly ProblemCode[];
  /** Parameters of the path that no schema checks. */
  readonly params?: z.ZodObject;
  /** A body that no schema checks, by media type. */
  readonly body?: Readonly<Record<string, object>>;
}

/** Everything that the middleware of one route says about it. */
export interface RouteFacts {
  /** Whether Google alone calls it: the document leaves it out. */
  readonly isInternal?: boolean;
  readonly description?: OperationDescription;
  readonly scopes?: readonly string[];
  readonly takesGrants?: boolean;
  readonly param?: z.ZodType;
  readonly query?: z.ZodType;
  readonly json?: z.ZodType;
}

const factsByHandler = new WeakMap<object, RouteFacts>();

/** Describes the operation of a route; `openapi/` reads it when it writes the document, requests pass through. */
export function describe(description: OperationDescription): MiddlewareHandler<AppEnv> {
  return withFacts<MiddlewareHandler<AppEnv>>((_, next) => next(), { description });
}

/** Notes what a middleware does to its route, for the document. */
export function withFacts<Handler extends object>(handler: Handler, facts: RouteFacts): Handler {
  factsByHandler.set(handler, facts);
  return handler;
}

/** What was noted of a middleware or handler. */
export function factsOf(handler: object): RouteFacts {
  return factsByHandler.get(handler) ?? {};
}
