/**
 * The OIDC provider for development and Google's identity service, in one process: `oidc_app` routes requests,
 * `tokens` makes tokens, `key_ring` keeps and publishes the keys. Reads PORT (9080; 0 is any free one),
 * DATA_DIR (folder of the keys; made if missing) and ISSUER (its address in tokens; where it listens, if not given).
 */
import { mkdir } from "node:fs/promises";
import process from "node:process";
import { emulatorLog, EmulatorServer, runEmulator } from "../http/emulator_server.ts";
import { KeyRing } from "./key_ring.ts";
import { makeOidcApp } from "./oidc_app.ts";

const { PORT = "9080", DATA_DIR = ".tintype/oidc", ISSUER, LOG_LEVEL } = process.env;

await runEmulator("oidc", async () => {
  await mkdir(DATA_DIR, { recursive: true });
  const keys = await KeyRing.open(DATA_DIR);
  const app = makeOidcApp({ keys, issuer: () => ISSUER ?? url });
  const server = new EmulatorServer(app, {
    part: "oidc",
    log: emulatorLog("oidc", LOG_LEVEL),
  });
  const url = await server.listen(Number(PORT));
  return { url, close: () => server.close() };
});
