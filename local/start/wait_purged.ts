import { certificateSchema } from "@tintype/core/retention/certificate";
import { retentionPolicyOf } from "@tintype/core/retention/policy";
import { idsOfRows, listNames } from "./check_results.ts";
import type { Console } from "./console.ts";
import { LOCAL, URLS } from "./local_names.ts";

const POLL_MS = 1_000;

/**
 * Watches until the buckets of images and the table of images are empty and a certificate says so.
 * False where that is not so when the period and its grace are over.
 */
export async function waitUntilPurged(
  console: Console,
  retentionMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const policy = retentionPolicyOf(retentionMs);
  const deadline = Date.now() + policy.periodMs + policy.graceMs;
  let said = "";
  while (Date.now() < deadline && !signal.aborted) {
    const [raw, processed, erasures, rows] = await Promise.all([
      listNames(LOCAL.rawBucket),
      listNames(LOCAL.processedBucket),
      listNames(LOCAL.erasuresBucket),
      idsOfRows(),
    ]);
    const text =
      `left: ${raw.length} raw, ${processed.length} processed, ${erasures.length} erasures, ${rows.length} rows`;
    if (text !== said) console.say(said = text);
    const isEmpty = raw.length + processed.length + erasures.length + rows.length === 0;
    if (isEmpty && await isCertified(console)) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

/** Whether the newest certificate finds nothing in any place that it looked into. */
async function isCertified(console: Console): Promise<boolean> {
  const numbers = (await listNames(LOCAL.certificatesBucket)).map((name) =>
    Number(name.split("/").at(-1))
  );
  const newest = Math.max(0, ...numbers);
  if (newest === 0) return false;
  const object = encodeURIComponent(`certificates/${newest}`);
  const response = await fetch(
    `${URLS.storage}/storage/v1/b/${LOCAL.certificatesBucket}/o/${object}?alt=media`,
  );
  if (!response.ok) return false;
  const certificate = certificateSchema.parse(await response.json());
  const observed = certificate.places.filter(({ evidence }) => evidence === "observed");
  const isEmpty = observed.every(({ oldestT0, overdue }) => oldestT0 === null && overdue === 0);
  if (isEmpty) {
    console.say(
      `certificate ${newest} of ${certificate.sweptAt}: nothing is left in ${
        observed.map(({ place }) => place).join(", ")
      }`,
    );
  }
  return isEmpty;
}
