import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const PICTURE = new URL("../../docs/images/example_card.jpg", import.meta.url);
const ATTEMPTS = 6;
const TIMEOUT_MS = 60_000;

/** Whom to ask for, and as whom. */
export interface ProbeOptions {
  readonly token: string;
  readonly worker: string;
  /** The worker's version that responds, whatever its share of the traffic. */
  readonly version: string;
}

/**
 * Uploads a picture through one version of the worker, and returns why it does not become ready, or undefined. A new
 * deployment takes seconds to spread, so it is tried six times.
 * https://developers.cloudflare.com/workers/configuration/versions-and-deployments/gradual-deployments/#version-overrides
 */
export async function probeEdge(
  edge: string,
  { token, worker, version }: ProbeOptions,
  restMs: number,
): Promise<string | undefined> {
  const headers = {
    "Authorization": `Bearer ${token}`,
    "Cloudflare-Workers-Version-Overrides": `${worker}="${version}"`,
  };
  let fault: string | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (attempt > 1) await sleep(restMs);
    fault = await uploadOnce(edge, headers).catch((error: unknown) => String(error));
    if (fault === undefined) return undefined;
  }
  return fault;
}

async function uploadOnce(
  edge: string,
  headers: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const [body, type] = [await readFile(PICTURE), { "Content-Type": "image/jpeg" }];
  const posted = await fetch(`${edge}/v1/images`, {
    method: "POST",
    headers: { ...headers, ...type },
    ...{ body, signal },
  });
  if (posted.status !== 202) return `POST /v1/images returns ${posted.status}`;
  const { image } = await posted.json();
  const looked = await fetch(`${edge}${image}?wait=20`, { headers, signal });
  if (looked.status !== 200) return `GET ${image} returns ${looked.status}`;
  const { status } = await looked.json();
  return status === "ready" ? undefined : `the image is ${status}`;
}
