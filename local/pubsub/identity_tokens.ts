import type { Clock } from "@tintype/core/ports/clock";
import * as z from "zod";
import { postJson } from "./post_json.ts";

const answerSchema = z.object({ id_token: z.string(), expires_in: z.number().positive() });

const REFRESH_BEFORE_MS = 5 * 60_000;
const TIMEOUT_MS = 5_000;

/** What {@link IdentityTokens} is made of. */
interface IdentityTokensOptions {
  /** Base address of the OIDC provider, which is Google's identity service here: `http://localhost:9080`. */
  readonly oidcUrl: string;
  readonly clock?: Clock;
}

/** The OIDC tokens of service accounts, fetched once for each audience and kept until five minutes before they end. */
export class IdentityTokens {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { token: string; freshUntil: number }>();
  readonly #fetching = new Map<string, Promise<string>>();

  constructor({ oidcUrl, clock = Date }: IdentityTokensOptions) {
    this.#url = `${oidcUrl}/google/token`;
    this.#clock = clock;
  }

  /** A token of the service account `email` for `audience`; rejects while the identity service cannot give one. */
  async tokenFor(audience: string, email: string): Promise<string> {
    const key = `${email} ${audience}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#clock.now() < kept.freshUntil) return kept.token;
    const fetching = this.#fetching.get(key) ?? this.#fetch(audience, email);
    this.#fetching.set(key, fetching);
    return await fetching.finally(() => this.#fetching.delete(key));
  }

  /** Forgets the token that an endpoint refused, so that the next one is signed by the keys of now. */
  forget(audience: string, email: string): void {
    this.#kept.delete(`${email} ${audience}`);
  }

  async #fetch(audience: string, email: string): Promise<string> {
    const post = { url: this.#url, body: { audience, email }, timeoutMs: TIMEOUT_MS };
    const { status, text } = await postJson(post);
    if (status !== 200) throw new Error(`Cannot get an identity token: status is ${status}`);
    const { id_token: token, expires_in: seconds } = answerSchema.parse(JSON.parse(text));
    const freshUntil = this.#clock.now() + seconds * 1_000 - REFRESH_BEFORE_MS;
    this.#kept.set(`${email} ${audience}`, { token, freshUntil });
    return token;
  }
}
