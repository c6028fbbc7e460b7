import * as z from "zod";
import type { Control } from "../http/controls.ts";
import { type KeyRing, signerSchema } from "./key_ring.ts";

const announceSchema = z.strictObject({ alg: signerSchema.default("ES256") });
const rotateSchema = announceSchema.extend({ kid: z.string().optional() });

/** The controls of the signing keys. */
export function oidcControls(keys: KeyRing): readonly Control[] {
  return [
    {
      method: "POST",
      path: "/_local/rotate",
      body: "{alg?: ES256 | RS256 | EdDSA | google, kid?}",
      does: "signs by a new key from now on (ES256 by default), or by the announced one of that " +
        "kid; the old one stays published",
      async run(body) {
        const { alg, kid } = rotateSchema.parse(body ?? {});
        return { body: { alg, kid: await keys.rotate(alg, kid) } };
      },
    },
    {
      method: "POST",
      path: "/_local/announce",
      body: "{alg?: ES256 | RS256 | EdDSA | google}",
      does: "publishes a new key that does not sign yet",
      async run(body) {
        const { alg } = announceSchema.parse(body ?? {});
        return { body: { alg, kid: await keys.announce(alg) } };
      },
    },
  ];
}
