import assert from "node:assert/strict";
import { test } from "node:test";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { isAppError } from "@tintype/core/errors";
import { RemoteKeys } from "./remote_keys.ts";

const URL = "https://issuer.test/jwks.json";

async function publicJwk(kid: string, alg = "ES256"): Promise<JWK> {
  return { ...await exportJWK((await generateKeyPair(alg)).publicKey), kid };
}

const [ONE, TWO] = [await publicJwk("one"), await publicJwk("two")];
const answerOf = (...keys: readonly JWK[]) => () => Response.json({ keys });

/** An issuer whose answers a test sets, and a clock that it sets too. */
function issuerOf(answer: () => Response | Promise<Response>, options = {}) {
  const state = { ms: 1_000_000, fetches: 0, answer };
  const keys = new RemoteKeys({
    url: URL,
    algorithms: ["RS256", "ES256", "EdDSA"],
    clock: { now: () => state.ms },
    fetch: async () => {
      state.fetches++;
      return await state.answer();
    },
    ...options,
  });
  return { state, keys };
}

async function isUnavailable(promise: Promise<unknown>): Promise<boolean> {
  return await promise.then(() => false, (error) => isAppError(error, "unavailable"));
}

test("find() fetches once for many requests at once", async () => {
  const { state, keys } = issuerOf(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return answerOf(ONE)();
  });
  const found = await Promise.all(Array.from({ length: 50 }, () => keys.find("one", "ES256")));
  assert.ok(found.every((key) => key?.type === "public"));
  assert.equal(state.fetches, 1);
});

test("find() takes over from a request that went away in the middle of its fetch", async () => {
  const { state, keys } = issuerOf(() => new Promise<Response>(() => undefined), {
    timeoutMs: 100,
  });
  void keys.find("one", "ES256");
  state.answer = answerOf(ONE);
  const second = keys.find("one", "ES256");
  state.ms += 101;
  assert.ok(await second);
  assert.equal(state.fetches, 2);
});

test("find() refetches for unknown ids at most once in 30 seconds, and then knows a new key", async () => {
  const { state, keys } = issuerOf(answerOf(ONE));
  assert.ok(await keys.find("one", "ES256"));
  const unknown = Array.from({ length: 1_000 }, (_, at) => keys.find(`unknown-${at}`, "ES256"));
  assert.deepEqual(new Set(await Promise.all(unknown)), new Set([undefined]));
  assert.equal(state.fetches, 1);
  state.answer = answerOf(ONE, TWO);
  state.ms += 30_000;
  const again = Array.from({ length: 1_000 }, (_, at) => keys.find(`unknown-${at}`, "ES256"));
  await Promise.all(again);
  assert.equal(state.fetches, 2);
  assert.ok(await keys.find("two", "ES256"));
  assert.equal(state.fetches, 2);
});

test("find() goes on with known keys for an hour while the issuer is down, then is unavailable", async () => {
  const { state, keys } = issuerOf(answerOf(ONE));
  assert.ok(await keys.find("one", "ES256"));
  state.answer = () => Response.error();
  state.ms += 3_600_000;
  assert.ok(await keys.find("one", "ES256"));
  state.ms += 1;
  assert.ok(await isUnavailable(keys.find("one", "ES256")));
});

test("find() does not ask a failing issuer more than once a second", async () => {
  const { state, keys } = issuerOf(() => new Response("", { status: 500 }));
  assert.ok(await isUnavailable(keys.find("one", "ES256")));
  assert.ok(await isUnavailable(keys.find("one", "ES256")));
  assert.equal(state.fetches, 1);
  state.ms += 1_000;
  assert.ok(await isUnavailable(keys.find("one", "ES256")));
  assert.equal(state.fetches, 2);
});

/** A set of one key as a document of so many bytes. */
const padded = (bytes: number) => () => new Response(JSON.stringify({ keys: [ONE] }).padEnd(bytes));
/** A set of so many keys, of which one has the id that is asked for. */
const among = (count: number) =>
  answerOf(ONE, ...Array.from({ length: count - 1 }, (_, at) => ({ ...ONE, kid: `other-${at}` })));

test("find() takes a set of 64 KiB and one of 64 keys", async () => {
  for (const answer of [padded(65_536), among(64)]) {
    assert.ok(await issuerOf(answer).keys.find("one", "ES256"));
  }
});

test("find() fails closed on a set that is too large, malformed, empty or elsewhere", async () => {
  const answers = [
    padded(65_537),
    among(65),
    () => new Response("{"),
    () => Response.json([]),
    () => Response.json({ keys: [] }),
    () => Response.json({ keys: "none" }),
    () => Response.json({ keys: [{ kty: "oct", k: "c2VjcmV0" }] }),
    () => new Response(null, { status: 302, headers: { Location: "https://evil.test" } }),
  ];
  for (const answer of answers) {
    assert.ok(await isUnavailable(issuerOf(answer).keys.find("one", "ES256")));
  }
});

test("find() gives an RSA key for each of its algorithms, or for the one that it names", async () => {
  const [open, bound] = [await publicJwk("open", "RS256"), await publicJwk("bound", "RS256")];
  const algorithms = ["RS256", "PS256"];
  const { keys } = issuerOf(answerOf(open, { ...bound, alg: "PS256" }), { algorithms });
  for (
    const [kid, alg, isThere] of [
      ...[["open", "RS256", true], ["open", "PS256", true]] as const,
      ...[["bound", "RS256", false], ["bound", "PS256", true]] as const,
    ]
  ) assert.equal(await keys.find(kid, alg) !== undefined, isThere, `${kid} ${alg}`);
});

test("find() gives no key for another algorithm or use, and none where two would fit", async () => {
  const rsa = await publicJwk("rsa", "RS256");
  const odd = [{ ...rsa, use: "enc" }, { ...TWO, kid: "es512", alg: "ES512" }];
  const { keys } = issuerOf(answerOf(ONE, TWO, ...odd));
  assert.equal(await keys.find("one", "RS256"), undefined);
  assert.equal(await keys.find("rsa", "RS256"), undefined);
  assert.equal(await keys.find("es512", "ES256"), undefined);
  assert.equal(await keys.find(undefined, "ES256"), undefined);
});
