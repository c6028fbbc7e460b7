import type { Declaration, RoutedCall } from "../http/declared_routes.ts";
import { isGranted, isGrantedOn, isIdentity } from "../rights.ts";
import { StorageFailure } from "./failures.ts";
import { givenOf } from "./read_request.ts";

/** What can be done with objects: the verbs of the table that are granted on buckets. */
type Verb = "create" | "list" | "read" | "remove";

const PERMISSIONS: Readonly<Record<Verb, string>> = {
  create: "storage.objects.create",
  list: "storage.objects.list",
  read: "storage.objects.get",
  remove: "storage.objects.delete",
};

/** What a call does, to which object; no name where the call's address has none. */
interface Action {
  readonly bucket: string;
  readonly name?: string | undefined;
  readonly verb: Verb;
}

/**
 * Lets a call through that the cloud's own table of rights grants its identity, the table that Terraform makes the IAM
 * of; throws `access_denied` as Cloud Storage words it. A caller that the table does not know is the project's owner.
 */
export function checkRight(
  identity: string | undefined,
  { name, query }: RoutedCall,
  { verb }: Declaration,
): void {
  if (identity === undefined || !isIdentity(identity)) return;
  const bucket = name("bucket");
  if (verb === "inspect" && isGranted(identity, "project", "inspect")) return;
  if (!isVerb(verb)) throw denied(identity, "storage.buckets.update", bucket);
  checkAction(identity, { bucket, name: name("object") || givenOf(query, "name"), verb });
}

/**
 * Lets a write through that its identity may make: a new object where it may create one of that name, another over a
 * live object where it may also delete it, as Cloud Storage asks of it
 * (cloud.google.com/storage/docs/access-control/iam-permissions); throws `access_denied` that names the permission.
 */
export function checkWriting(
  identity: string | undefined,
  { bucket, name, replaces }: Omit<Action, "verb"> & { readonly replaces: boolean },
): void {
  if (identity === undefined || !isIdentity(identity)) return;
  checkAction(identity, { bucket, name, verb: "create" });
  if (replaces) checkAction(identity, { bucket, name, verb: "remove" });
}

/** The identity behind a service account: `edge@project.iam.gserviceaccount.com` is `edge`. */
export function identityOf(email: string): string | undefined {
  const name = /^([a-z-]+)@[a-z0-9-]+\.iam\.gserviceaccount\.com$/.exec(email)?.[1];
  return name !== undefined && isIdentity(name) ? name : undefined;
}

function checkAction(identity: string, { bucket, name, verb }: Action): void {
  const store = bucket.split("-").at(-1) ?? "";
  if (!isGrantedOn(identity, { store, name }, verb)) {
    throw denied(identity, PERMISSIONS[verb], bucket);
  }
}

function denied(identity: string | undefined, permission: string, bucket: string) {
  const what = `${permission} access to the Google Cloud Storage bucket ${bucket}`;
  return new StorageFailure("access_denied", `${identity} does not have ${what}.`);
}

function isVerb(verb: string | undefined): verb is Verb {
  return verb !== undefined && Object.hasOwn(PERMISSIONS, verb);
}
