import { AppError } from "@tintype/core/errors";
import { markerName, rawName } from "@tintype/core/model/object_name";
import { MemoryObjectStore } from "@tintype/core/testing/memory_object_store";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { generateKeyPair } from "jose";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  AUDIENCE,
  createFixture,
  post,
  PUSH_ACCOUNT,
  pushBody,
  putRaw,
  SCHEDULER_ACCOUNT,
  startIssuer,
} from "./_app_fixture.ts";
import { DeliveryQueue } from "./delivery_queue.ts";

const EVENTS = "/events/storage";

describe("createApp()", () => {
  let issuer: Awaited<ReturnType<typeof startIssuer>>;
  const pushToken = (path = EVENTS) => issuer.sign({ aud: AUDIENCE + path });
  const jobToken = (path: string) =>
    issuer.sign({ aud: AUDIENCE + path, email: SCHEDULER_ACCOUNT });
  const fixture = (options = {}) => createFixture({ keysUrl: issuer.url, ...options });

  before(async () => void (issuer = await startIssuer()));
  after(async () => await issuer.stop());

  test("a push of a raw object leaves renditions, one row and a ready manifest, and is acknowledged", async () => {
    const { app, raw, processed, rows, events } = fixture();
    const ref = sampleRef();
    await putRaw(raw, ref);
    const answer = await post(app, EVENTS, {
      token: await pushToken(),
      body: pushBody(rawName(ref)),
    });
    assert.equal(answer.status, 204);
    assert.deepEqual(processed.names().map((name) => name.split("/").at(-1)), [
      "manifest.json",
      "thumb.webp",
    ]);
    assert.deepEqual(rows.rows().map(({ image_id, status }) => [image_id, status]), [
      [ref.imageId, "ready"],
    ]);
    const [line] = events();
    assert.deepEqual(
      [line.event, line.imageId, line.tenant, line.outcome, line.status, line.attempt],
      ["delivery", ref.imageId, "acme", "done", "ready", 3],
    );
    assert.equal(typeof line.totalMs, "number");
  });

  test("the same push again is acknowledged and leaves no second row", async () => {
    const { app, raw, rows, events } = fixture();
    const ref = sampleRef();
    await putRaw(raw, ref);
    for (let time = 0; time < 2; time++) {
      const call = { token: await pushToken(), body: pushBody(rawName(ref)) };
      assert.equal((await post(app, EVENTS, call)).status, 204);
    }
    assert.equal(rows.rows().length, 1);
    assert.equal(events()[1].outcome, "already");
  });

  test("a push of a marker erases the image", async () => {
    const { app, raw, processed, rows } = fixture();
    const ref = sampleRef();
    await putRaw(raw, ref);
    await post(app, EVENTS, { token: await pushToken(), body: pushBody(rawName(ref)) });
    const write = { contentType: "application/octet-stream", customTimeMs: 0 };
    await raw.create(markerName(ref), new Uint8Array(), write);
    const call = { token: await pushToken(), body: pushBody(markerName(ref)) };
    assert.equal((await post(app, EVENTS, call)).status, 204);
    assert.deepEqual(raw.names(), [markerName(ref)]);
    assert.equal(processed.names().length, 1);
    assert.match(processed.names()[0] ?? "", /^erased\//);
    assert.deepEqual(rows.rows(), []);
  });

  test("a dead letter leaves a failed manifest", async () => {
    const { app, raw, rows } = fixture();
    const ref = sampleRef();
    await putRaw(raw, ref);
    const call = { token: await pushToken("/events/dead"), body: pushBody(rawName(ref)) };
    assert.equal((await post(app, "/events/dead", call)).status, 204);
    assert.equal(rows.rows()[0]?.status, "failed");
  });

  test("events that are not ours are acknowledged and touch nothing", async () => {
    const { app, processed, events } = fixture();
    const others: [string, Record<string, string>][] = [
      [rawName(sampleRef()), { eventType: "OBJECT_DELETE" }],
      [rawName(sampleRef()), { bucketId: "another-bucket" }],
      ["not/one/of/ours.txt", {}],
      [rawName(sampleRef()), {}],
    ];
    for (const [name, attributes] of others) {
      const call = { token: await pushToken(), body: pushBody(name, attributes) };
      assert.equal((await post(app, EVENTS, call)).status, 204);
    }
    assert.deepEqual(events().map(({ outcome }) => outcome), [
      "ignored",
      "ignored",
      "ignored",
      "gone",
    ]);
    assert.deepEqual(processed.names(), []);
  });

  const strangers: Record<string, () => Promise<[token: string | undefined, status: number]>> = {
    "no token": () => Promise.resolve([undefined, 401]),
    "something that is no token": () => Promise.resolve(["a.b.c", 401]),
    "a token of a forged key": async () => {
      const { privateKey } = await generateKeyPair("RS256");
      return [await issuer.sign({ aud: AUDIENCE + EVENTS }, privateKey), 401];
    },
    "a token that has ended": async () => {
      const exp = Math.floor(Date.now() / 1_000) - 60;
      return [await issuer.sign({ aud: AUDIENCE + EVENTS, exp }), 401];
    },
    "a token for another path": async () => [await pushToken("/events/dead"), 401],
    "a token of another issuer": async () => [
      await issuer.sign({ aud: AUDIENCE + EVENTS, iss: "https://evil.example" }),
      401,
    ],
    "a token of another account": async () => [
      await issuer.sign({ aud: AUDIENCE + EVENTS, email: SCHEDULER_ACCOUNT }),
      403,
    ],
    "a token whose e-mail is not verified": async () => [
      await issuer.sign({ aud: AUDIENCE + EVENTS, email_verified: false }),
      403,
    ],
    "a token without a signature": () => {
      const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
      const exp = Math.floor(Date.now() / 1_000) + 600;
      const claims = { aud: AUDIENCE + EVENTS, email: PUSH_ACCOUNT, email_verified: true, exp };
      return Promise.resolve([`${part({ alg: "none" })}.${part(claims)}.`, 401]);
    },
    "a token of the wrong algorithm": async () => {
      const header = btoa(JSON.stringify({ alg: "HS256", kid: "test-key" })).replaceAll("=", "");
      const [, claims] = (await pushToken()).split(".");
      return [`${header}.${claims}.c2lnbmF0dXJl`, 401];
    },
  };
  for (const [what, make] of Object.entries(strangers)) {
    test(`a push with ${what} is refused and nothing is done`, async () => {
      const { app, raw, processed, lines } = fixture();
      const ref = sampleRef();
      await putRaw(raw, ref);
      const [token, status] = await make();
      const call = { body: pushBody(rawName(ref)), ...(token === undefined ? {} : { token }) };
      const answer = await post(app, EVENTS, call);
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      assert.equal((await answer.json()).code, status === 401 ? "unauthenticated" : "forbidden");
      assert.deepEqual(processed.names(), []);
      assert.ok(token === undefined || !lines.join().includes(token));
    });
  }

  const unreadable: Record<string, string> = {
    "is not JSON": "{",
    "has no message": JSON.stringify({ subscription: "x" }),
    "has no notification": JSON.stringify({
      message: { data: "", messageId: "1", publishTime: new Date().toISOString() },
      subscription: "x",
    }),
    "is larger than 1 MiB": " ".repeat(1024 * 1024 + 1),
  };
  for (const [what, body] of Object.entries(unreadable)) {
    test(`a signed push that ${what} is told and acknowledged, an unsigned one refused`, async () => {
      const { app, events } = fixture();
      assert.equal((await post(app, EVENTS, { token: await pushToken(), body })).status, 204);
      assert.equal(events()[0].event, "push_unreadable");
      assert.equal((await post(app, EVENTS, { body })).status, 401);
    });
  }

  test("a push is to come again while a store is away", async () => {
    const before = () => {
      throw new AppError("unavailable", "Cannot look at object as it answered 503");
    };
    const { app, events } = fixture({ raw: new MemoryObjectStore({ before }) });
    const call = { token: await pushToken(), body: pushBody(rawName(sampleRef())) };
    assert.equal((await post(app, EVENTS, call)).status, 503);
    assert.deepEqual([events()[0].event, events()[0].error], ["delivery_failed", "unavailable"]);
  });

  test("a push is to come again after a mistake of ours, whose message stays out of the log", async () => {
    const before = () => {
      throw new Error("https://secret.example/upload_id=1");
    };
    const { app, lines } = fixture({ raw: new MemoryObjectStore({ before }) });
    const call = { token: await pushToken(), body: pushBody(rawName(sampleRef())) };
    assert.equal((await post(app, EVENTS, call)).status, 503);
    assert.ok(!lines.join().includes("secret"));
  });

  test("a push over the queue's bounds is answered 429", async () => {
    const place = Promise.withResolvers<void>();
    const raw = new MemoryObjectStore({ before: () => place.promise });
    const queue = new DeliveryQueue({ maxRunning: 1, maxWaiting: 0, maxWaitMs: 1_000 });
    const { app } = fixture({ raw, queue });
    const token = await pushToken();
    const call = () => post(app, EVENTS, { token, body: pushBody(rawName(sampleRef())) });
    const first = call();
    while (queue.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal((await call()).status, 429);
    place.resolve();
    assert.equal((await first).status, 204);
  });

  test("POST /jobs/retention sweeps and answers with its certificate", async () => {
    const { app, certificates, rows } = fixture();
    const path = "/jobs/retention";
    const answer = await post(app, path, { token: await jobToken(path) });
    assert.equal(answer.status, 200);
    assert.equal((await answer.json()).n, 1);
    assert.deepEqual(certificates.names(), ["certificates/1"]);
    assert.ok(rows.purges().length > 0);
  });

  test("POST /jobs/retention tells in its log what refuses to go, and counts it as overdue", async () => {
    const held = sampleRef(Date.now() - 9 * 86_400_000);
    const raw = new MemoryObjectStore({
      before: (operation) => {
        if (operation === "remove") {
          throw new AppError("internal", "Cannot remove object as it answered 403");
        }
      },
    });
    await putRaw(raw, held);
    const { app, events } = fixture({ raw });
    const path = "/jobs/retention";
    assert.equal((await post(app, path, { token: await jobToken(path) })).status, 200);
    const told = events().map((
      { event, severity, overdue, message },
    ) => [event, severity, overdue, message]);
    assert.deepEqual(told, [
      ["purge_refused", "ERROR", undefined, "Cannot remove object as it answered 403"],
      ["job", "INFO", 1, undefined],
    ]);
  });

  test("POST /jobs/reconcile answers with what it did", async () => {
    const { app } = fixture();
    const path = "/jobs/reconcile";
    const answer = await post(app, path, { token: await jobToken(path) });
    assert.deepEqual(await answer.json(), { lookedAt: 0, processed: 0, failed: 0 });
  });

  test("jobs are refused to the account of pushes", async () => {
    const { app, certificates } = fixture();
    const path = "/jobs/retention";
    assert.equal((await post(app, path, { token: await pushToken(path) })).status, 403);
    assert.equal((await post(app, path)).status, 401);
    assert.deepEqual(certificates.names(), []);
  });

  test("a token cannot be checked while its issuer is away: the call is to come again", async () => {
    const { app } = createFixture({ keysUrl: new URL("http://127.0.0.1:9/") });
    const call = { token: await pushToken(), body: pushBody(rawName(sampleRef())) };
    assert.equal((await post(app, EVENTS, call)).status, 503);
  });

  test("keys are fetched once for many calls", async () => {
    const { app } = fixture();
    const before = issuer.fetches();
    const token = await pushToken();
    const body = pushBody(rawName(sampleRef()));
    await Promise.all(Array.from({ length: 5 }, () => post(app, EVENTS, { token, body })));
    assert.equal(issuer.fetches() - before, 1);
  });

  test("GET /healthz is 503 until the pixel processes are warm", async () => {
    let isReady = false;
    const { app } = fixture({ isReady: () => isReady });
    assert.equal((await app.request("/healthz")).status, 503);
    isReady = true;
    assert.equal((await app.request("/healthz")).status, 200);
  });

  test("every other path is a problem of 404", async () => {
    const { app } = fixture();
    const answer = await app.request("/");
    assert.equal(answer.status, 404);
    assert.equal((await answer.json()).code, "not_found");
  });
});
