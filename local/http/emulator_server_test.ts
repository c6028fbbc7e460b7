import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { startApp } from "./_testing.ts";
import { jsonReply } from "./call.ts";
import type { EmulatorApp } from "./emulator_server.ts";

/** Answers with what it was asked, and fails on `/fail`. */
const ECHO: EmulatorApp = {
  answer({ method, path, query }) {
    if (path === "/fail") throw new Error("failed");
    return jsonReply(200, { method, path, query: Object.fromEntries(query) });
  },
  failure: (error) => jsonReply(500, { error: String(error) }),
  controls: [{
    method: "POST",
    path: "/_local/echo",
    does: "returns the body",
    run: (body) => ({ status: 201, body }),
  }],
};

test("an app answers everything but health and controls, whatever the target looks like", async (t) => {
  const url = await startApp(t, ECHO);
  const asked = await fetch(`${url}/a%20b?x=1&y=`, { method: "PUT" });
  assert.deepEqual(await asked.json(), { method: "PUT", path: "/a%20b", query: { x: "1", y: "" } });
  assert.equal((await fetch(`${url}/fail`)).status, 500);
  assert.deepEqual(await (await fetch(`${url}/healthz`)).json(), { status: "ok" });
  const { port } = new URL(url);
  for (const target of ["//", "//[", "*", "/%zz", "http://[::1", "http://host:99999/", "/\\"]) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    const answer = Buffer.concat(await socket.toArray()).toString();
    assert.match(answer, /^HTTP\/1\.1 (200|400) /, target);
  }
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});

test("controls are listed, and say what is wrong with a request", async (t) => {
  const url = await startApp(t, ECHO);
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}/_local${path}`, init);
    return [response.status, await response.json()];
  };
  const doc = { method: "POST", path: "/_local/echo", does: "returns the body" };
  assert.deepEqual(await call(""), [200, { part: "test", controls: [doc] }]);
  assert.deepEqual(await call("/echo", { method: "POST", body: '{"a":1}' }), [201, { a: 1 }]);
  const wrong = {
    "/none": [404, "No such control", "POST", "{}"],
    "/echo": [405, "The method must be POST", "DELETE", "{}"],
    "/echo?": [400, "The body is not JSON", "POST", "{"],
  } as const;
  for (const [path, [code, message, method, body]] of Object.entries(wrong)) {
    assert.deepEqual(await call(path, { method, body }), [code, { error: { code, message } }]);
  }
});
