/** Where the keeper is that operators' commands call. */
import type { Call } from "@tintype/cli/command";
import { httpOrigin } from "@tintype/cli/flag_values";
import { URLS } from "@tintype/cli/local_ports";
import { requireLocalSystem } from "@tintype/cli/local_system";
import { UsageError } from "@tintype/cli/usage_error";
import { accountTokens, type KeeperAccess } from "./adapters/keeper_call.ts";

const LOCAL_PROJECT = "tintype-local";

/** Flags of every command that calls the keeper. */
export const KEEPER_FLAGS = {
  "project ID":
    "Google Cloud's project, with the credentials of an operator; without it the local system of `deno task start`",
  "prefix NAME": { about: "first part of its names, as in Terraform", default: "tintype" },
  "keeper URL": {
    about:
      `address of the keeper (local: ${URLS.keeper}; else https://tintype-keeper-NUMBER.REGION.run.app)`,
    parse: httpOrigin,
  },
  "oidc URL": { about: `the local OIDC provider (local: ${URLS.oidc})`, parse: httpOrigin },
} as const;

/** The keeper that the flags mean, called with the scheduler's token. Throws UsageError where it is on this machine and silent. */
export async function openKeeper(
  { project, prefix, keeper, oidc }: Omit<Call<typeof KEEPER_FLAGS>, "words">,
): Promise<KeeperAccess> {
  if (project !== undefined && keeper === undefined) {
    throw new UsageError("--project needs --keeper");
  }
  const url = keeper ?? URLS.keeper;
  await requireLocalSystem(url);
  const account = `${project === undefined ? "" : `${prefix}-`}scheduler@${
    project ?? LOCAL_PROJECT
  }.iam.gserviceaccount.com`;
  const endpoint = project === undefined ? oidc ?? URLS.oidc : undefined;
  return { url, identityToken: accountTokens(account, endpoint) };
}
