/**
 * Storage and the OIDC provider's keys that respond at once; prints {"event":"listening","url":…}. `GET /reads` counts the
 * reads of the configuration bucket. `instant_cloud.ts JWKS MANIFEST DAYS DEFAULT_TENANT [TENANT]`.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const [jwks = "{}", manifest = "{}", days = "{}", defaultTenant = "{}", tenant] = process.argv
  .slice(2);
const CONFIGURATION = { "days.json": days, "tenants/_default.json": defaultTenant };
let reads = 0;
const EMPTY = '<?xml version="1.0"?><ListBucketResult></ListBucketResult>';

const server = createServer((request, response) => {
  request.resume();
  const path = request.url ?? "/";
  if (request.method === "POST") {
    response.writeHead(201, { Location: "http://localhost/session?upload_id=1" }).end();
  } else if (path === "/reads") response.writeHead(200).end(String(reads));
  else if (path === "/jwks") response.writeHead(200).end(jwks);
  else if (path.startsWith("/tintype-erasures/")) response.writeHead(404).end();
  else if (path.startsWith("/tintype-config/")) {
    const [name = ""] = decodeURIComponent(path.slice("/tintype-config/".length)).split("?");
    const document = new Map(Object.entries(CONFIGURATION)).get(name) ?? tenant;
    reads++;
    response.writeHead(document === undefined ? 404 : 200).end(document);
  } else if (path.includes("manifest.json")) {
    // Each image's manifest names the object that was asked for.
    const [, , shard, day, tenant, owner, imageId] = path.split("/");
    const object = [shard, day, tenant, owner, imageId, "thumb.jpg"].join("/");
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
