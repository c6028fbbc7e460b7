import { LOCAL, PORTS, URLS } from "./local_names.ts";
import type { OpenDoors } from "./open_doors.ts";
import type { Picture } from "./pictures.ts";

/** What is said when everything is ready: where each part listens, and a call that works. */
export function greeting(picture: Picture | undefined, { doors, brokers }: OpenDoors): string {
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
    `  TOKEN=$(curl -s ${URLS.issuer}/token -H 'Content-Type: application/json' \\`,
    `    -d '{"sub":"me","tenant":"${LOCAL.tenant}"}' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    `  curl -s ${URLS.edge}/v1/images -H "Authorization: Bearer $TOKEN" \\`,
    `    -H 'Content-Type: ${picture?.contentType ?? "image/jpeg"}' --data-binary @'${
      picture?.path ?? "picture.jpg"
    }'`,
    "",
    "Tintype is ready",
    "",
  ].join("\n");
}
