/** Calls of the keeper: by itself for a part of a job, and by operators. */
import { AppError } from "@tintype/core/errors";
import type { CallOptions } from "@tintype/core/ports/call_options";
import { withRetry } from "@tintype/gcs/retry";
import { StorageError } from "@tintype/gcs/storage_error";
import * as z from "zod";
import { cloudResult } from "./_cloud_failure.ts";
import { googleHeaders } from "./_google_auth.ts";

/** Gives an identity token for an audience. */
export type IdentityTokens = (audience: string, options: CallOptions) => Promise<string>;

/** Where the keeper is, and with which token it is called. */
export interface KeeperAccess {
  /** Its base address, without a slash at the end; tokens name it with the job's path. */
  readonly url: string;
  readonly identityToken: IdentityTokens;
}

/** A job, and what of it. */
export interface KeeperCall extends CallOptions {
  readonly job:
    | "sweep"
    | "repair"
    | "erase"
    | "export"
    | "export-list"
    | "replay"
    | "rebuild-rows"
    | "image";
  /** A part of the job: these shards. */
  readonly shards?: readonly string[];
  readonly body?: object;
}

/** Google's metadata server, which gives whoever runs on its machines tokens. */
const METADATA_SERVER = "http://169.254.169.254";

const generatedSchema = z.object({ token: z.string() });
const problemSchema = z.object({
  code: z.enum(["invalid_request", "not_found"]),
  detail: z.string(),
});

/** Identity tokens of the service account that this process runs as (https://cloud.google.com/run/docs/securing/service-identity). */
export function metadataTokens(server: string = METADATA_SERVER): IdentityTokens {
  return async (audience, { signal }) => {
    const query = new URLSearchParams({ audience, format: "full" });
    const path = "/computeMetadata/v1/instance/service-accounts/default/identity";
    const headers = { "metadata-flavor": "Google" };
    const asking = textOf(`${server}${path}?${query}`, { headers }, { signal });
    return await cloudResult("get an identity token", asking, signal);
  };
}

/**
 * Identity tokens of a service account, for who may make them, by the IAM credentials API or an emulator of it
 * (https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken).
 */
export function accountTokens(email: string, endpoint?: string): IdentityTokens {
  return async (audience, { signal }) => {
    const base = endpoint ?? "https://iamcredentials.googleapis.com";
    const headers = endpoint === undefined ? await googleHeaders() : {};
    const init = {
      method: "POST",
      headers,
      body: JSON.stringify({ audience, includeEmail: true }),
    };
    const url = `${base}/v1/projects/-/serviceAccounts/${email}:generateIdToken`;
    const text = await cloudResult(
      `get a token of ${email}`,
      textOf(url, init, { signal }),
      signal,
    );
    return generatedSchema.parse(JSON.parse(text)).token;
  };
}

/** Has a job, or a part of it, run; returns its result. Throws `invalid_request` or `not_found` as it was answered, else `unavailable` or `internal` with the status. */
export async function callKeeper(
  { url, identityToken }: KeeperAccess,
  { job, shards, body = {}, signal }: KeeperCall,
): Promise<unknown> {
  const path = `/jobs/${job}`;
  const token = await identityToken(url + path, { signal });
  const part = shards === undefined ? "" : `/${shards.join("")}`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const calling = textOf(url + path + part, init, { signal });
  return JSON.parse(await cloudResult(`run ${job}`, calling, signal));
}

/** The text of a successful response; every call may be repeated. Throws StorageError, or the signal's reason. */
async function textOf(url: string, init: RequestInit, { signal }: CallOptions): Promise<string> {
  return await withRetry(async () => {
    const response = await fetch(url, { ...init, ...(signal ? { signal } : {}) })
      .catch((cause: unknown) => {
        throw new StorageError("No response came", { status: 0 }, { cause });
      });
    const text = await response.text();
    if (response.ok) return text;
    throw problemIn(text) ??
      new StorageError(`Responded with ${response.status}`, { status: response.status });
  }, { signal });
}

/** The keeper's own reason why a call cannot be done. */
function problemIn(text: string): AppError | undefined {
  try {
    const { code, detail } = problemSchema.parse(JSON.parse(text));
    return new AppError(code, detail);
  } catch {
    return undefined;
  }
}
