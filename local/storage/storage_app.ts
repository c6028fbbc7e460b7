import { MalformedMultipart } from "@tintype/gcs/multipart";
import { V4Rejected } from "@tintype/gcs/v4_rejected";
import { type Call, jsonReply, type Reply } from "../http/call.ts";
import type { FaultInjector } from "../faults/faults.ts";
import type { Control } from "../http/controls.ts";
import type { EmulatorApp } from "../http/emulator_server.ts";
import { answerPreflight, withCors } from "./cors.ts";
import { FAILURES, StorageFailure } from "./failures.ts";
import { answerJson } from "./json_api.ts";
import { answerBatch, withFaultsInside } from "./json_batch.ts";
import { answerUpload } from "./json_upload.ts";
import type { StorageParts } from "./parts.ts";
import { BATCH_PATH, isJsonPath } from "./read_request.ts";
import { checkRight } from "./rights.ts";
import { answerXml } from "./xml_api.ts";
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
  };
}

async function route(parts: StorageParts, call: Call): Promise<Reply> {
  const { path, query, method } = call;
  if (path === "/") return jsonReply(200, ABOUT);
  if (method === "OPTIONS") return answerPreflight(parts, call);
  const session = query.get("upload_id");
  if (session !== null) return await parts.sessions.answer(call, session);
  if (!isJsonPath(path)) return await answerXml(parts, call);
  checkRight(call.identity, call);
  return path.startsWith("/upload/")
    ? await answerUpload(parts, call)
    : await answerJson(parts, call);
}

const ABOUT = {
  part: "storage",
  is: "Cloud Storage's JSON and XML surface on local files",
  json: ["/storage/v1/b", "/upload/storage/v1/b", "/download/storage/v1/b", BATCH_PATH],
  xml: "/{bucket}/{object}, V4-signed",
  identities: "ports of their own (IDENTITY_PORTS), with the rights of infra/terraform's table",
  controls: "/_local",
  health: "/healthz",
};

function render(error: unknown, { path }: Call): Reply {
  if (error instanceof V4Rejected) return xmlRejection(error);
  const failure = error instanceof StorageFailure
    ? error
    : error instanceof MalformedMultipart
    ? new StorageFailure("bad_request", error.message)
    : new StorageFailure("internal");
  return isJsonPath(path) ? jsonFailure(failure) : xmlFailure(failure);
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
