/** Calls of the keeper: by itself for a part of a job, and by operators. */
import { AppError } from "@tintype/core/errors";
import type { CallOptions } from "@tintype/core/ports/call_options";
import { cloudResult } from "./_cloud_failure.ts";

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
  readonly job: "sweep" | "repair";
  /** A part of the job: these shards. */
  readonly shards?: readonly string[] | undefined;
  readonly body?: object;
}

/** Google's metadata server, which gives whoever runs on its machines tokens. */
const METADATA_SERVER = "http://169.254.169.254";

/** Identity tokens of the service account that this process runs as (https://cloud.google.com/run/docs/securing/service-identity). */
export function metadataTokens(server: string = METADATA_SERVER): IdentityTokens {
  return async (audience, { signal }) => {
    const query = new URLSearchParams({ audience, format: "full" });
    const path = "/computeMetadata/v1/instance/service-accounts/default/identity";
    const init = { headers: { "metadata-flavor": "Google" }, ...(signal ? { signal } : {}) };
    return await cloudResult(
      "get an identity token",
      textOf(`${server}${path}?${query}`, init),
      signal,
    );
  };
}

/** Has a job, or a part of it, run; returns its result. Throws `unavailable` or `internal`, with the status that it got. */
export async function callKeeper(
  { url, identityToken }: KeeperAccess,
  { job, shards, body = {}, signal }: KeeperCall,
): Promise<unknown> {
  const path = `/jobs/${job}`;
  const token = await identityToken(url + path, { signal });
  const part = shards === undefined ? "" : `/${shards.join("")}`;
  const calling = textOf(url + path + part, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
  return JSON.parse(await cloudResult(`run ${job}`, calling, signal));
}

async function textOf(url: string, init: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (response.ok) return text;
  const { status } = response;
  const code = status === 429 || status >= 500 ? "unavailable" : "internal";
  throw new AppError(code, `The keeper or its identity responded with ${status}`);
}
