import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";

const hmacKey = z.strictObject({ accessId: z.string(), secret: z.string(), email: z.string() });

const schema = z.strictObject({
  edgeKey: hmacKey,
  originalsKey: hmacKey,
  bridgeEmail: z.string(),
  /** By their numbers, which the days of `days.json` name. */
  pseudonymKeys: z.record(z.string(), z.string()),
  cursorKey: z.string(),
  grantKey: z.string(),
  webhookMaster: z.string(),
  certificateKey: z.string(),
});

/** The secrets of one local cloud: made once, kept beside its data, handed to the parts by file and environment only. */
export type Identities = z.infer<typeof schema>;

/** The public key of a data folder's certificates, for auditors. */
export function publicKeyFile(dataDir: string): string {
  return join(dataDir, "certificate_key.pub.pem");
}

/** The originals' key of a data folder, in the form of the edge's secret, for `deno task export`. */
export function originalsKeyFile(dataDir: string): string {
  return join(dataDir, "originals_key.json");
}

/** Reads the secrets of a data folder, or makes them. */
export async function loadIdentities(file: string): Promise<Identities> {
  if (existsSync(file)) return schema.parse(JSON.parse(await readFile(file, "utf8")));
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const identities: Identities = {
    edgeKey: hmacKeyOf("edge"),
    originalsKey: hmacKeyOf("originals"),
    bridgeEmail: "bridge@tintype-local.iam.gserviceaccount.com",
    pseudonymKeys: { "1": randomBytes(32).toString("hex") },
    cursorKey: randomBytes(32).toString("hex"),
    grantKey: randomBytes(32).toString("hex"),
    webhookMaster: randomBytes(32).toString("hex"),
    certificateKey: privateKey,
  };
  await writeFile(publicKeyFile(dirname(file)), publicKey);
  const { accessId, secret } = identities.originalsKey;
  const originalsKey = JSON.stringify({ type: "hmac", accessId, secret });
  await writeFile(originalsKeyFile(dirname(file)), originalsKey, { mode: 0o600 });
  await writeFile(file, JSON.stringify(identities, null, 2), { mode: 0o600 });
  return identities;
}

function hmacKeyOf(identity: string): z.infer<typeof hmacKey> {
  return {
    accessId: `GOOG1E${randomBytes(16).toString("hex").toUpperCase()}`,
    secret: randomBytes(30).toString("base64"),
    email: `${identity}@tintype-local.iam.gserviceaccount.com`,
  };
}
