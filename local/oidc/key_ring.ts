/**
 * The provider's keys: made at the first start, kept in one file of DATA_DIR, published as a JWKS.
 * `rotate` puts a new key in front; the old ones stay published, so tokens signed by them stay valid.
 */
import { readFile } from "node:fs/promises";
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
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { writeFileAtomically } from "./write_file_atomically.ts";

/** The algorithms that access tokens may be signed with; the first is the default. */
export const ALGORITHMS = ["ES256", "RS256", "EdDSA"] as const;

/** An algorithm of access tokens. */
type Algorithm = (typeof ALGORITHMS)[number];

/** Who signs: the provider by an algorithm, or Google's identity service (RS256). */
type Signer = Algorithm | "google";

const keySchema = z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string() });
const fileSchema = z.strictObject({
  ES256: z.array(keySchema).min(1),
  RS256: z.array(keySchema).min(1),
  EdDSA: z.array(keySchema).min(1),
  google: z.array(keySchema).min(1),
});

type Keys = Readonly<Record<Signer, readonly JWK[]>>;

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
    const text = await readFile(path, "utf8").catch(nullIfMissing);
    if (text !== null) return new KeyRing(path, fileSchema.parse(JSON.parse(text)));
    const keys = await makeAllKeys();
    await writeFileAtomically(path, JSON.stringify(keys));
    return new KeyRing(path, keys);
  }

  /** Signs claims with the newest key; its id is the header's `kid`. */
  async sign(claims: JWTPayload, signer: Signer): Promise<string> {
    const [key] = this.#keys[signer];
    if (key?.kid === undefined) throw new Error(`Cannot sign: ${signer} has no key`);
    const imported = this.#imported.get(key.kid) ?? importJWK(key);
    this.#imported.set(key.kid, imported);
    const header = { alg: algorithmOf(signer), kid: key.kid, typ: "JWT" };
    return await new SignJWT(claims).setProtectedHeader(header).sign(await imported);
  }

  /** The public keys of signers, as a JWKS (RFC 7517, section 5). */
  publicKeys(...signers: readonly Signer[]): { readonly keys: readonly JWK[] } {
    return { keys: signers.flatMap((signer) => this.#keys[signer].map(publicPart)) };
  }

  /** Puts a new key in front, or the announced one of that id, on disk before it signs; returns its id. Throws where there is none. */
  rotate(signer: Signer, kid?: string): Promise<string> {
    return this.#afterLast(async () => {
      const held = this.#keys[signer];
      const key = kid === undefined ? await makeKey(signer) : held.find((key) => key.kid === kid);
      if (key?.kid === undefined) {
        throw new RangeError(`Cannot sign by ${kid}: no key has that id`);
      }
      await this.#keep(signer, [key, ...held.filter((other) => other !== key)]);
      return key.kid;
    });
  }

  /** Publishes a new key that does not sign yet, so that callers that cache keys can know it before; returns its id. */
  announce(signer: Signer): Promise<string> {
    return this.#afterLast(async () => {
      const key = await makeKey(signer);
      await this.#keep(signer, [...this.#keys[signer], key]);
      return key.kid;
    });
  }

  #afterLast(change: () => Promise<string>): Promise<string> {
    const changed = this.#rotation.then(change);
    this.#rotation = changed.catch(() => {});
    return changed;
  }

  async #keep(signer: Signer, list: readonly JWK[]): Promise<void> {
    const keys = { ...this.#keys, [signer]: list };
    await writeFileAtomically(this.#path, JSON.stringify(keys));
    this.#keys = keys;
  }
}

async function makeAllKeys(): Promise<Keys> {
  const [ES256, RS256, EdDSA, google] = await Promise.all([
    makeKey("ES256"),
    makeKey("RS256"),
    makeKey("EdDSA"),
    makeKey("google"),
  ]);
  return { ES256: [ES256], RS256: [RS256], EdDSA: [EdDSA], google: [google] };
}

async function makeKey(signer: Signer): Promise<JWK & { kid: string }> {
  const alg = algorithmOf(signer);
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...await exportJWK(privateKey), kid: randomUUID(), alg, use: "sig" };
}

function algorithmOf(signer: Signer): Algorithm {
  return signer === "google" ? "RS256" : signer;
}

function publicPart(key: JWK): JWK {
  return Object.fromEntries(Object.entries(key).filter(([name]) => !PRIVATE_PARTS.has(name)));
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
