import type { ErrorCode } from "@tintype/core/errors";
import type { Owner } from "@tintype/core/model/owner";
import type { TraceParent } from "@tintype/core/model/traceparent";
import type { Log } from "@tintype/core/ports/log";
import type { Caller, EdgeServices } from "./ports.ts";
import type { RefusalReason } from "./token_refusal.ts";

/** What travels with a request. */
interface RequestVariables {
  requestId: string;
  /** The request's own span, and as `traceparent` says it. */
  trace: TraceParent;
  traceparent: string;
  /** The caller's own span, where its `traceparent` named one. */
  parentSpanId: string | undefined;
  log: Log;
  services: EdgeServices;
  /** Set once the token was verified. */
  caller: Caller | undefined;
  /** The caller's pseudonym of today. */
  owner: Owner | undefined;
  /** The id that the request is about, for its log line. */
  imageId: string | undefined;
  errorCode: ErrorCode | undefined;
  /** Why the token was refused, for the log alone. */
  refusal: RefusalReason | undefined;
}

/** Hono's view of the edge. */
export interface AppEnv {
  Bindings: object;
  Variables: RequestVariables;
}
