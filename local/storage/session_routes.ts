import { headerOf, type Reply } from "../http/call.ts";
import {
  DeclaredRoutes,
  type Route,
  type RoutedCall,
  STANDARD_QUERY,
} from "../http/declared_routes.ts";
import { UPLOAD_QUERY } from "./json_upload.ts";
import { OBJECT_FIELDS } from "./object_resource.ts";
import type { StorageParts } from "./parts.ts";

/** The parameters that the request which started the session had, and those that it got. */
const query = `${STANDARD_QUERY} ${UPLOAD_QUERY} uploadType=resumable upload_id`;
const headers =
  "x-goog-meta-* x-goog-hash x-guploader-no-308 x-upload-content-type x-upload-content-length";
const route: Route<StorageParts> = { query, headers, fields: OBJECT_FIELDS, run: answer };

/** The address of a resumable session, whose id is all that a request needs. */
export const SESSION_ROUTES = new DeclaredRoutes<StorageParts>({
  "PUT /{path*}": route,
  "POST /{path*}": route,
  "DELETE /{path*}": route,
}, { maxBodyBytes: 0 });

async function answer({ sessions }: StorageParts, call: RoutedCall): Promise<Reply> {
  const reply = await sessions.answer(call, call.query.get("upload_id") ?? "");
  // As Go's client asks for it: its runtime takes a 308 for a redirect.
  if (reply.status !== 308 || headerOf(call, "x-guploader-no-308") !== "yes") return reply;
  return {
    ...reply,
    status: 200,
    headers: { ...reply.headers, "X-HTTP-Status-Code-Override": 308 },
  };
}
