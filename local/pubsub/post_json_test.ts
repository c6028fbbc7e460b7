import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "./_testing.ts";
import { postJson } from "./post_json.ts";

test("postJson() sends JSON with the token and reads status and text", async (t) => {
  const url = await startServer(t, async ({ headers, method }, response) => {
    response.writeHead(202).end(`${method} ${headers["content-type"]} ${headers.authorization}`);
  });
  const answer = await postJson({ url, body: {}, token: "abc", timeoutMs: 10_000 });
  assert.deepEqual(answer, { status: 202, text: "POST application/json Bearer abc" });
});

test("postJson() takes a 102 for the answer", async (t) => {
  const url = await startServer(t, async (_request, response) => {
    response.writeProcessing();
    setTimeout(() => response.writeHead(500).end(), 50);
  });
  assert.deepEqual(await postJson({ url, body: {}, timeoutMs: 10_000 }), { status: 102, text: "" });
});

test("postJson() rejects when the answer does not end in time", async (t) => {
  const url = await startServer(t, async (_request, response) => {
    response.writeHead(200).write("begun");
  });
  await assert.rejects(postJson({ url, body: {}, timeoutMs: 50 }));
});

test("postJson() sends again where a kept connection was closed meanwhile", async (t) => {
  let answered = 0;
  const url = await startServer(t, async (request, response) => {
    request.resume();
    if (answered === 1) {
      answered++;
      return void request.socket.resetAndDestroy();
    }
    answered++;
    response.end("ok");
  });
  assert.equal((await postJson({ url, body: {}, timeoutMs: 10_000 })).text, "ok");
  assert.equal((await postJson({ url, body: {}, timeoutMs: 10_000 })).text, "ok");
  assert.equal(answered, 3);
});
