/** Storage and the issuer's keys that answer at once; prints {"event":"listening","url":…}. `instant_cloud.ts JWKS MANIFEST`. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const [jwks = "{}", manifest = "{}"] = process.argv.slice(2);
const EMPTY = '<?xml version="1.0"?><ListBucketResult></ListBucketResult>';

const server = createServer((request, response) => {
  request.resume();
  const path = request.url ?? "/";
  if (request.method === "POST") {
    response.writeHead(201, { Location: "http://localhost/session?upload_id=1" }).end();
  } else if (path === "/jwks") response.writeHead(200).end(jwks);
  else if (path.includes("manifest.json")) {
    // Each image's manifest names the object that was asked for.
    const [, , day, tenant, owner, imageId] = path.split("/");
    const object = [day, tenant, owner, imageId, "thumb.jpg"].join("/");
    response.writeHead(200).end(
      manifest.replace("OBJECT", object).replace("IMAGE_ID", imageId ?? "").replace(
        "OWNER",
        owner ?? "",
      ),
    );
  } else response.writeHead(200).end(EMPTY);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo; // it listens on a port
  process.stdout.write(`{"event":"listening","url":"http://127.0.0.1:${port}"}\n`);
});
