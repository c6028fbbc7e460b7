import rights from "../../infra/terraform/modules/contract/rights.json" with { type: "json" };
import type { Call } from "../http/call.ts";
import { decodePath } from "./read_request.ts";
import { StorageFailure } from "./failures.ts";

/** What can be done with objects: the verbs of the table that are granted on buckets. */
type Verb = "create" | "list" | "read" | "remove";

/** What each identity may do in which store. */
export const RIGHTS: Readonly<
  Record<string, { readonly rights: Readonly<Record<string, readonly string[]>> }>
> = rights.identities;
const PERMISSIONS: Readonly<Record<Verb, string>> = {
  create: "storage.objects.create",
  list: "storage.objects.list",
  read: "storage.objects.get",
  remove: "storage.objects.delete",
};

/**
 * Lets a call through that the cloud's own table of rights grants its identity, the table that Terraform makes the IAM
 * of; throws `access_denied` as Cloud Storage words it. A caller that the table does not know is the project's owner.
 */
export function checkRight(identity: string | undefined, call: Call): void {
  const known = identity === undefined ? undefined : RIGHTS[identity];
  if (known === undefined) return;
  const { bucket, verb } = actionOf(call);
  if (verb !== undefined && known.rights[storeOf(bucket)]?.includes(verb)) return;
  const permission = verb === undefined ? "storage.buckets.update" : PERMISSIONS[verb];
  throw denied(identity, permission, bucket);
}

/**
 * Lets a write over a live object through where its identity may also delete there, as Cloud Storage asks of it
 * (cloud.google.com/storage/docs/access-control/iam-permissions); throws `access_denied` that names the permission.
 */
export function checkReplacing(identity: string | undefined, bucket: string): void {
  const known = identity === undefined ? undefined : RIGHTS[identity];
  if (known === undefined || known.rights[storeOf(bucket)]?.includes("remove")) return;
  throw denied(identity, PERMISSIONS.remove, bucket);
}

/** The identity behind a service account: `edge@project.iam.gserviceaccount.com` is `edge`. */
export function identityOf(email: string): string | undefined {
  const name = /^([a-z-]+)@[a-z0-9-]+\.iam\.gserviceaccount\.com$/.exec(email)?.[1];
  return name !== undefined && name in RIGHTS ? name : undefined;
}

function storeOf(bucket: string): string {
  return bucket.split("-").at(-1) ?? "";
}

function denied(identity: string | undefined, permission: string, bucket: string) {
  const what = `${permission} access to the Google Cloud Storage bucket ${bucket}`;
  return new StorageFailure("access_denied", `${identity} does not have ${what}.`);
}

/** What a call does to which bucket; no verb for whatever changes a bucket itself or an object's metadata. */
function actionOf({ method, path }: Call): { bucket: string; verb: Verb | undefined } {
  const upload = /^\/upload\/storage\/v1\/b\/([^/]+)\/o/.exec(path)?.[1];
  if (upload !== undefined) return { bucket: decodePath(upload), verb: "create" };
  const json = /^\/(?:download\/)?storage\/v1\/b\/?([^/]*)\/?(o?)\/?(.*)$/.exec(path);
  const [, bucket = "", o = "", name = ""] = json ?? /^\/([^/]*)()\/?(.*)$/.exec(path) ?? [];
  const isBucketItself = json !== null && o === "";
  return {
    bucket: decodePath(bucket),
    verb: isBucketItself ? undefined : verbOf(method, name, json !== null),
  };
}

function verbOf(method: string, name: string, isJson: boolean): Verb | undefined {
  if (method === "GET" || method === "HEAD") return name === "" ? "list" : "read";
  if (method === "DELETE") return "remove";
  // In the JSON API these change metadata; in the XML API they create.
  return isJson || name === "" ? undefined : "create";
}
