import { LOCAL, PORTS, URLS } from "./local_names.ts";
import type { OpenDoors } from "./options.ts";
import type { Picture } from "@tintype/cli/find_pictures";

/** What `POST /v1/images` takes at most, in bytes. */
const MAX_DIRECT_BYTES = 10 * 1024 * 1024;

/** Takes the token out of the OIDC provider's response. */
const TOKEN_OF = `sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'`;

/** What is said when everything is ready: where each part listens, and a call that works. */
export function greeting(
  pictures: readonly Picture[],
  { doors, brokers, publicKey, originalsKey }: OpenDoors & {
    readonly publicKey: string;
    readonly originalsKey: string;
  },
): string {
  const picture = pictures.find(({ name }) => name === "scene.jpg") ??
    pictures.find(({ bytes }) => bytes > 0 && bytes <= MAX_DIRECT_BYTES);
  const parts = Object.entries(URLS).filter(([part]) =>
    part !== "bridge" || doors.includes("kafka")
  ).map(([part, url]) => `  ${part.padEnd(10)} ${url}`);
  if (doors.includes("kafka")) {
    parts.push(`  ${"kafka".padEnd(10)} ${brokers ?? `localhost:${PORTS.kafka}`}`);
  }
  return [
    "",
    ...parts,
    "",
    "Send a picture yourself:",
    "",
    `  TOKEN=$(curl -s ${URLS.oidc}/token -H 'Content-Type: application/json' \\`,
    `    -d '{"sub":"me","tenant":"${LOCAL.tenant}"}' | ${TOKEN_OF})`,
    `  curl -s ${URLS.edge}/v1/images -H "Authorization: Bearer $TOKEN" \\`,
    `    -H 'Content-Type: ${picture?.contentType ?? "image/jpeg"}' --data-binary @${
      quoted(picture?.path ?? "picture.jpg")
    }`,
    "",
    "Let somebody without a token send one (the response's token goes where TOKEN goes):",
    "",
    `  GRANTER=$(curl -s ${URLS.oidc}/token -H 'Content-Type: application/json' \\`,
    `    -d '{"sub":"backend","tenant":"${LOCAL.tenant}","scope":"images:grant"}' | ${TOKEN_OF})`,
    `  curl -s ${URLS.edge}/v1/grants -H "Authorization: Bearer $GRANTER" \\`,
    `    -H 'Content-Type: application/json' -d '{"subject":"me","count":3,"ttlSeconds":600}'`,
    "",
    "Audit what is kept:",
    "",
    `  npx deno task audit --public-key ${quoted(publicKey)}`,
    "",
    "Export all that is kept of a person:",
    "",
    `  npx deno task export --tenant ${LOCAL.tenant} --subject me \\`,
    `    --originals-key ${quoted(originalsKey)}`,
    "",
    "Tintype is ready",
    "",
  ].join("\n");
}

/** As one word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
