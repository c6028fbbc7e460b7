import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { startEmulator } from "@tintype/core/testing/start_emulator";
import * as z from "zod";
import { wranglerEnv } from "./_wrangler_fixture.ts";

const tokenAnswer = z.object({ access_token: z.string() });
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Why the worker's tests cannot run here, or false. */
export const lacksLocalCloud: string | false = existsSync(join(ROOT, "local"))
  ? false
  : "local/ is not there";

/** A token's wishes, as the development issuer takes them. */
export interface TokenWish {
  readonly sub?: string;
  readonly tenant?: string;
  readonly scope?: string;
  readonly ttlSeconds?: number;
  readonly alg?: string;
}

/** The issuer and the storage of one machine, on free ports, with a data folder that goes with them. */
export interface LocalCloud extends AsyncDisposable {
  readonly issuerUrl: string;
  readonly storageUrl: string;
  /** The worker's variables and secrets that fit them. */
  readonly vars: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** A `SIGNING_KEY` of the same account that signs by RSA. */
  readonly rsaSigningKey: string;
  /** A `SIGNING_KEY` with a second HMAC key of the same account. */
  readonly spareSigningKey: string;
  /** A `SIGNING_KEY` of the project's owner, who may do everything. */
  readonly ownerSigningKey: string;
  token(wish?: TokenWish): Promise<string>;
}

/** A worker in `wrangler dev`, as `deno task start` runs it: real workerd, whose requests reach storage unaltered. */
export interface LocalWorker extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Everything it has written so far, log lines included. */
  output(): string;
}

/** What a test changes of a worker. */
export interface LocalWorkerOptions {
  /** Variables and secrets that replace or add to the cloud's. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Requests a minute of both rate limits, instead of those in wrangler.toml. */
  readonly requestsPerMinute?: number;
}

/** Starts the worker against a local cloud; disposing ends it. Its secrets go by a file, never by a command line. */
export async function startWorker(
  cloud: Pick<LocalCloud, "vars" | "secrets">,
  { vars = {}, requestsPerMinute }: LocalWorkerOptions = {},
): Promise<LocalWorker> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-worker-"));
  const config = await configFile(folder, requestsPerMinute);
  const envFile = join(folder, "edge.env");
  const values = Object.entries({ ...cloud.vars, ...cloud.secrets, ...vars });
  await writeFile(envFile, values.map(([name, value]) => `${name}='${value}'\n`).join(""), {
    mode: 0o600,
  });
  const child = spawn(process.execPath, [
    ...["node_modules/wrangler/bin/wrangler.js", "dev", "--port", "0", "--ip", "127.0.0.1"],
    ...["--config", config, "--persist-to", join(folder, "state"), "--env-file", envFile],
    "--show-interactive-dev-session=false",
  ], {
    cwd: ROOT,
    env: wranglerEnv(folder),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => text += part);
  }
  const url = await readyUrl(child, () => text);
  return {
    url,
    pid: child.pid ?? 0,
    output: () => text,
    async [Symbol.asyncDispose]() {
      await stop(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `wrangler.toml`, or a copy of it with other rate limits. */
async function configFile(folder: string, requestsPerMinute: number | undefined): Promise<string> {
  const path = join(ROOT, "wrangler.toml");
  if (requestsPerMinute === undefined) return path;
  const text = (await readFile(path, "utf8"))
    .replace('main = "edge', `main = "${ROOT}/edge`)
    .replace('directory = ".tintype', `directory = "${ROOT}/.tintype`)
    .replaceAll(/limit = \d+/g, `limit = ${requestsPerMinute}`);
  const copy = join(folder, "wrangler.toml");
  await writeFile(copy, text);
  return copy;
}

async function readyUrl(child: ChildProcess, output: () => string): Promise<string> {
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    const url = /Ready on (http:\/\/[\w.:]+)/.exec(output())?.[1];
    if (url !== undefined) return url;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop(child);
  throw new Error(`wrangler did not get ready: ${output()}`);
}

/** Starts both as processes of their own; disposing ends them. Pages of the origins may send to the tenant `acme`. */
export async function startLocalCloud(
  { corsOrigins = ["https://app.example"] }: { readonly corsOrigins?: readonly string[] } = {},
): Promise<LocalCloud> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-edge-"));
  const key = {
    accessId: "GOOG1EDGETEST",
    secret: randomBytes(30).toString("base64"),
    email: "edge@tintype-local.iam.gserviceaccount.com",
  };
  const spare = { ...key, accessId: "GOOG1EDGESPARE", secret: randomBytes(30).toString("base64") };
  const owner = {
    accessId: "GOOG1OWNERTEST",
    secret: randomBytes(30).toString("base64"),
    email: "owner@tintype-local.iam.gserviceaccount.com",
  };
  const identities = join(folder, "identities.json");
  const rsa = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const rsaKeys = [{ email: key.email, publicKeyPem: rsa.publicKey }];
  await writeFile(identities, JSON.stringify({ hmacKeys: [key, spare, owner], rsaKeys }), {
    mode: 0o600,
  });
  const oidc = await startEmulator("oidc");
  // Nobody is pushed to: what is processed is written by the tests.
  const storage = await startEmulator("storage", {
    IDENTITIES: identities,
    CORS_ORIGINS: corsOrigins.join(),
  });
  return {
    issuerUrl: oidc.url,
    storageUrl: storage.url,
    vars: {
      STORAGE_ENDPOINT: storage.url,
      RAW_BUCKET: "tintype-raw",
      PROCESSED_BUCKET: "tintype-processed",
      JWKS_URL: `${oidc.url}/.well-known/jwks.json`,
      ISSUER: oidc.url,
      AUDIENCE: "tintype",
      TENANT_CLAIM: "tenant",
      TENANT_PLANS: JSON.stringify({
        tenants: {
          acme: { corsOrigins },
          small: { imagesPerDay: 2 },
          "small-too": { imagesPerDay: 1 },
          "few-bytes": { bytesPerDay: 3_000 },
        },
      }),
    },
    secrets: {
      SIGNING_KEY: signingKeyOf(key),
      PSEUDONYM_KEYS: JSON.stringify([randomBytes(32).toString("hex")]),
      CURSOR_KEY: randomBytes(32).toString("hex"),
    },
    rsaSigningKey: JSON.stringify({
      type: "rsa",
      email: key.email,
      privateKeyPem: rsa.privateKey,
    }),
    spareSigningKey: signingKeyOf(spare),
    ownerSigningKey: signingKeyOf(owner),
    token: (wish) => tokenOf(oidc.url, wish),
    async [Symbol.asyncDispose]() {
      await Promise.all([oidc.stop(), storage.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function signingKeyOf(
  { accessId, secret }: { readonly accessId: string; readonly secret: string },
) {
  return JSON.stringify({ type: "hmac", accessId, secret });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

async function tokenOf(issuerUrl: string, wish: TokenWish = {}): Promise<string> {
  const response = await fetch(`${issuerUrl}/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ sub: "ann", tenant: "acme", ...wish }),
  });
  return tokenAnswer.parse(await response.json()).access_token;
}

const WINDOW_MS = 60_000;
const ROOM_MS = 10_000;
const TURNS = 3;

/**
 * Runs `work` within one window of the rate limits, which begin with the minute: where the minute turned meanwhile it
 * runs again, at most three times. It is told its turn, so that it counts for somebody new.
 */
export async function inOneWindow<T>(work: (turn: number) => Promise<T>): Promise<T> {
  for (let turn = 1;; turn++) {
    const leftMs = WINDOW_MS - Date.now() % WINDOW_MS;
    if (leftMs < ROOM_MS) await new Promise((resolve) => setTimeout(resolve, leftMs + 100));
    const window = Math.floor(Date.now() / WINDOW_MS);
    const result = await work(turn);
    if (Math.floor(Date.now() / WINDOW_MS) === window || turn === TURNS) return result;
  }
}
