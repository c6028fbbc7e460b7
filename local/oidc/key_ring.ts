/**
 * The provider's keys: made at the first start, kept in one file of DATA_DIR, published as a JWKS.
 * `rotate` puts a new key in front; the old ones stay published, so tokens signed by them stay valid.
 */
import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from "jose";
import * as z from "zod";
import { Refusal } from "../http/refusal.ts";

/** The algorithms that access tokens may be signed with; the first is the default. */
export const ALGORITHMS = ["ES256", "RS256", "EdDSA"] as const;

/** Who signs: the provider by an algorithm, or Google's identity service (RS256). */
export const signerSchema = z.enum([...ALGORITHMS, "google"]);

type Signer = z.infer<typeof signerSchema>;

const keySchema = z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string() });
const fileSchema = z.record(signerSchema, z.array(keySchema).min(1));

type Key = z.infer<typeof keySchema>;
type Keys = Readonly<z.infer<typeof fileSchema>>;

const FILE = "issuer_keys.json";
const PRIVATE_PARTS = new Set(["d", "p", "q", "dp", "dq", "qi"]);

/** Keys by signer, the newest first, which signs. */
export class KeyRing {
  readonly #path: string;
  readonly #imported = new Map<string, Promise<CryptoKey | Uint8Array>>();
  #keys: Keys;
  #rotation: Promise<unknown> = Promise.resolve();

  private constructor(path: string, keys: Keys) {
    this.#path = path;
    this.#keys = keys;
  }

  /** Reads the keys of a folder, or makes them; throws for a damaged file. */
  static async open(dataDir: string): Promise<KeyRing> {
    const path = join(dataDir, FILE);
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    if (text !== undefined) return new KeyRing(path, fileSchema.parse(JSON.parse(text)));
    const made = signerSchema.options.map(async (signer) => [signer, [await makeKey(signer)]]);
    const ring = new KeyRing(path, Object.fromEntries(await Promise.all(made)));
    await ring.#save(ring.#keys);
    return ring;
  }

  /** Signs claims with the newest key; its id is the header's `kid`. */
  async sign(claims: JWTPayload, signer: Signer): Promise<string> {
    const [key] = this.#keys[signer];
    if (key === undefined) throw new Error(`Cannot sign: ${signer} has no key`);
    const imported = this.#imported.get(key.kid) ?? importJWK(key);
    this.#imported.set(key.kid, imported);
    const header = { alg: algorithmOf(signer), kid: key.kid, typ: "JWT" };
    return await new SignJWT(claims).setProtectedHeader(header).sign(await imported);
  }

  /** The public keys of signers, as a JWKS (RFC 7517, section 5). */
  publicKeys(...signers: readonly Signer[]): { readonly keys: readonly JWK[] } {
    return { keys: signers.flatMap((signer) => this.#keys[signer].map(publicPart)) };
  }

  /** Puts a new key in front, or the announced one of that id, on disk before it signs; returns its id. Throws Refusal where there is none. */
  rotate(signer: Signer, kid?: string): Promise<string> {
    return this.#change(signer, async (held) => {
      const key = kid === undefined ? await makeKey(signer) : held.find((key) => key.kid === kid);
      if (key !== undefined) return [key, [key, ...held.filter((other) => other !== key)]];
      throw new Refusal("invalid", "Cannot sign by that key: it was not announced");
    });
  }

  /** Publishes a new key that does not sign yet, so that callers that cache keys can know it before; returns its id. */
  announce(signer: Signer): Promise<string> {
    return this.#change(signer, async (held) => {
      const key = await makeKey(signer);
      return [key, [...held, key]];
    });
  }

  /** One change after the other; `change` answers the key that it is about, and all keys of the signer. */
  #change(
    signer: Signer,
    change: (held: readonly Key[]) => Promise<[Key, Key[]]>,
  ): Promise<string> {
    const changed = this.#rotation.then(async () => {
      const [{ kid }, list] = await change(this.#keys[signer]);
      await this.#save({ ...this.#keys, [signer]: list });
      return kid;
    });
    this.#rotation = changed.catch(() => {});
    return changed;
  }

  /** Whoever reads the file, even after a crash, finds the old keys or the new ones. */
  async #save(keys: Keys): Promise<void> {
    const draft = `${this.#path}.${randomUUID()}.tmp`;
    await writeFile(draft, JSON.stringify(keys), { flag: "wx", mode: 0o600, flush: true });
    await rename(draft, this.#path);
    this.#keys = keys;
  }
}

async function makeKey(signer: Signer): Promise<Key> {
  const alg = algorithmOf(signer);
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return keySchema.parse({ ...await exportJWK(privateKey), kid: randomUUID(), alg, use: "sig" });
}

function algorithmOf(signer: Signer) {
  return signer === "google" ? "RS256" : signer;
}

function publicPart(key: JWK): JWK {
  return Object.fromEntries(Object.entries(key).filter(([name]) => !PRIVATE_PARTS.has(name)));
}
