/**
 * The development issuer and the stand-in for Google's identity service, in one process.
 * Reads PORT (9080; 0 is any free one), DATA_DIR (where the keys are kept; made if missing) and ISSUER
 * (its address in tokens; where it listens, if not given). Prints one line when it accepts connections.
 */
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import process from "node:process";
import { makeIssuerApp } from "./issuer_app.ts";
import { JsonLog, logLevelOf } from "../json_log.ts";
import { KeyRing } from "./key_ring.ts";

const DRAIN_MS = 5_000;

const { PORT = "9080", DATA_DIR = ".tintype/issuer", ISSUER, LOG_LEVEL } = process.env;
await mkdir(DATA_DIR, { recursive: true });
const keys = await KeyRing.open(DATA_DIR);

const server = createServer();
server.listen(Number(PORT), "127.0.0.1");
await once(server, "listening").catch((error: Error) => {
  process.stderr.write(`Cannot start issuer: ${error.message}\n`);
  process.exit(1);
});
const address = server.address();
const port = typeof address === "object" && address !== null ? address.port : PORT;
const url = `http://localhost:${port}`;
server.on(
  "request",
  makeIssuerApp({ keys, issuer: ISSUER ?? url, log: new JsonLog("oidc", logLevelOf(LOG_LEVEL)) }),
);
process.stdout.write(`${JSON.stringify({ event: "listening", part: "oidc", url })}\n`);

function stop(): void {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
}

process.once("SIGTERM", stop);
process.once("SIGINT", stop);
