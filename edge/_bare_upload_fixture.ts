/**
 * What `POST /v1/uploads` cannot do without, and nothing else: two limits are asked, `jose` checks the token, zod the body,
 * one HMAC names the owner; by the path it then signs a session's start as Cloud Storage wants it (`/signed`), counts in a
 * durable object too (`/counted`), and asks storage (`/started`), one after another as a straight handler would.
 */
import { importHmacSigner, objectPath, signUrl } from "@tintype/gcs/v4_signer";
import { importJWK, type JWK, jwtVerify } from "jose";
import * as z from "zod";
import type { RateLimitBinding } from "./adapters/bindings.ts";
import type { QuotaNamespace } from "./adapters/durable_object_quota.ts";

export { TenantQuota } from "./adapters/tenant_quota.ts";

interface Env {
  readonly JWK: string;
  readonly ISSUER: string;
  readonly STORAGE_ENDPOINT: string;
  readonly SECRET: string;
  readonly ADDRESS_LIMITER: RateLimitBinding;
  readonly OWNER_LIMITER: RateLimitBinding;
  readonly TENANT_QUOTA: QuotaNamespace;
}

const bodySchema = z.strictObject({
  contentType: z.string().min(1).max(255),
  size: z.int().min(1),
});
const encoder = new TextEncoder();
let keys: Awaited<ReturnType<typeof openKeys>> | undefined;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    keys ??= await openKeys(env);
    await env.ADDRESS_LIMITER.limit({ key: request.headers.get("cf-connecting-ip") ?? "none" });
    const token = request.headers.get("authorization")?.slice(7) ?? "";
    const { payload } = await jwtVerify(token, keys.token, {
      algorithms: ["ES256"],
      issuer: env.ISSUER,
      audience: "tintype",
    });
    const body = bodySchema.parse(await request.json());
    const owner = await hmacHex(keys.hmac, `${payload["tenant"]}\n${payload.sub}`);
    await env.OWNER_LIMITER.limit({ key: owner });
    const { pathname } = new URL(request.url);
    if (pathname === "/checked") return Response.json({ owner, ...body }, { status: 201 });
    const imageId = crypto.randomUUID();
    const signed = await signUrl(keys.signer, {
      method: "POST",
      endpoint: env.STORAGE_ENDPOINT,
      path: objectPath("tintype-raw", `2026-01-01/${payload["tenant"]}/${owner}/${imageId}`),
      headers: headersOf(body),
      expiresSeconds: 300,
    }, { nowMs: Date.now() });
    if (pathname === "/signed") return Response.json({ imageId, url: signed.url }, { status: 201 });
    const tenant = String(payload["tenant"]);
    const quota = env.TENANT_QUOTA.get(env.TENANT_QUOTA.idFromName(tenant));
    const limits = { imagesPerDay: 1e9, bytesPerDay: 1e15 };
    await quota.reserve({ imageId, bytes: body.size, ...limits });
    if (pathname === "/counted") return Response.json({ imageId }, { status: 201 });
    const session = await fetch(signed.url, { method: "POST", headers: signed.headers });
    await session.body?.cancel();
    return Response.json({ imageId, url: session.headers.get("location") }, { status: 201 });
  },
};

/** What storage must know of an upload, signed. */
function headersOf({ contentType, size }: z.infer<typeof bodySchema>): Record<string, string> {
  return {
    "content-type": contentType,
    "x-goog-content-length-range": `0,${size}`,
    "x-goog-custom-time": new Date().toISOString(),
    "x-goog-if-generation-match": "0",
    "x-goog-meta-size": String(size),
    "x-goog-meta-source": "edge",
    "x-goog-resumable": "start",
  };
}

async function openKeys({ JWK, SECRET }: Env) {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  return {
    token: await importJWK(JSON.parse(JWK) as JWK, "ES256"), // what the bench made
    signer: await importHmacSigner({ accessId: "GOOG1BARE", secret: SECRET }),
    hmac: await crypto.subtle.importKey("raw", encoder.encode(SECRET), hmac, false, ["sign"]),
  };
}

async function hmacHex(key: CryptoKey, text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
