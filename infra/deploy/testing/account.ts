/** What a look at an account sees: sign-in, project, APIs, rights, quotas, names. */
import { Refusal } from "./cloud_state.ts";
import type { Play } from "./fake_call.ts";

const said = (text: string): Play => () => text;

/** Which of the named permissions the account has. */
const testPermissions: Play = ({ denied }, { flags: { json = "{}" } }) => {
  const { permissions }: { permissions: string[] } = JSON.parse(json);
  return JSON.stringify({ permissions: permissions.filter((each) => !denied.includes(each)) });
};

/** A bucket of somebody else cannot be seen; one that nobody has does not exist. */
const describeBucket: Play = ({ takenBuckets }, { words: [name = ""] }) => {
  if (takenBuckets.includes(name)) {
    throw new Refusal(`HTTPError 403: no storage.buckets.get access to ${name}`);
  }
  throw new Refusal(`gs://${name} not found: 404.`);
};

/** Commands that only read an account. */
export const ACCOUNT: Readonly<Record<string, readonly [string, Play]>> = {
  "curl": ["silent? show-error? fail? header json", testPermissions],
  "docker buildx version": ["", said("v0.31.1")],
  "gcloud auth application-default print-access-token": ["", said("ya29")],
  "gcloud auth print-access-token": ["", said("ya29")],
  "gcloud billing projects describe": ["format", ({ billed }) => billed ? "True" : "False"],
  "gcloud compute regions describe": ["project flatten format", said("CPUS\t24.0\t2.0")],
  "gcloud projects describe": ["format", said("100000000001")],
  "gcloud services list": ["enabled? project format", ({ apis }) => apis.join("\n")],
  "gcloud storage buckets describe": ["project format", describeBucket],
  "npx wrangler whoami": ["json?", said("{}")],
};
