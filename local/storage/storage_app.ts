import { MalformedMultipart } from "@tintype/gcs/multipart";
import { V4Rejected } from "@tintype/gcs/v4_rejected";
import { type Call, jsonReply, type Reply } from "../http/call.ts";
import type { FaultInjector } from "../faults/faults.ts";
import type { Control } from "../http/controls.ts";
import { DeclaredRoutes, STANDARD_QUERY } from "../http/declared_routes.ts";
import type { EmulatorApp } from "../http/emulator_server.ts";
import { Refusal } from "../http/refusal.ts";
import { answerPreflight, withCors } from "./cors.ts";
import { FAILURES, StorageFailure } from "./failures.ts";
import { OBJECT_ROUTES } from "./json_api.ts";
import { answerBatch, withFaultsInside } from "./json_batch.ts";
import { BUCKET_ROUTES } from "./json_buckets.ts";
import { UPLOAD_ROUTES } from "./json_upload.ts";
import type { StorageParts } from "./parts.ts";
import { BATCH_PATH, isJsonPath } from "./read_request.ts";
import { checkRight } from "./rights.ts";
import { SESSION_ROUTES } from "./session_routes.ts";
import { answerXml, XML_ROUTES } from "./xml_api.ts";
import { xmlFailure, xmlRejection } from "./xml_errors.ts";

/** Both APIs over the parts of a storage; faults happen to the calls inside of a batch too. */
export function makeStorageApp(
  parts: StorageParts,
  controls: readonly Control[],
  faults: FaultInjector,
): EmulatorApp {
  const inside = (call: Call) => route(parts, call).catch((error) => render(error, call));
  return {
    answer: async (call) =>
      withCors(
        parts,
        call,
        call.path === BATCH_PATH && call.method === "POST"
          ? await answerBatch(call, withFaultsInside(inside, faults))
          : await route(parts, call),
      ),
    failure: (error, call) => withCors(parts, call, render(error, call)),
    controls,
    async checkHealth() {
      await parts.blobs.probe().catch((cause: NodeJS.ErrnoException) => {
        const why = cause.code === "ENOSPC" ? "the disk is full (ENOSPC)" : cause.message;
        throw new Error(`No write works: ${why}. Free space in the data folder.`, { cause });
      });
    },
    routes: [JSON_ROUTES, SESSION_ROUTES, XML_ROUTES].flatMap((table) => table.describe()),
  };
}

const MAX_BODY_BYTES = 1024 * 1024;
const JSON_ROUTES = new DeclaredRoutes<StorageParts>(
  { ...BUCKET_ROUTES, ...OBJECT_ROUTES, ...UPLOAD_ROUTES },
  { query: STANDARD_QUERY, maxBodyBytes: MAX_BODY_BYTES },
);

async function route(parts: StorageParts, call: Call): Promise<Reply> {
  const { path, query, method, identity } = call;
  if (method === "OPTIONS") return answerPreflight(parts, call);
  if (query.has("upload_id")) return await SESSION_ROUTES.answer(parts, call);
  if (!isJsonPath(path)) return await answerXml(parts, call);
  return await JSON_ROUTES.answer(
    parts,
    call,
    (routed, declared) => checkRight(identity, routed, declared),
  );
}

function render(error: unknown, { path }: Call): Reply {
  if (error instanceof V4Rejected) return xmlRejection(error);
  const failure = failureOf(error);
  return isJsonPath(path) ? jsonFailure(failure) : xmlFailure(failure);
}

function failureOf(error: unknown): StorageFailure {
  if (error instanceof StorageFailure) return error;
  if (error instanceof MalformedMultipart) return new StorageFailure("bad_request", error.message);
  if (!(error instanceof Refusal)) return new StorageFailure("internal");
  const kind = error.kind === "not_emulated" ? "not_implemented" : "bad_request";
  return new StorageFailure(kind, error.message);
}

/** A failure in the JSON API's form (cloud.google.com/storage/docs/json_api/v1/status-codes). */
function jsonFailure({ kind, message }: StorageFailure): Reply {
  const { status, reason } = FAILURES[kind];
  const place = kind === "precondition_failed"
    ? { locationType: "header", location: "If-Match" }
    : {};
  const errors = [{ message, domain: "global", reason, ...place }];
  return jsonReply(status, { error: { code: status, message, errors } });
}
