import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { isLoopbackAddress, isPublicAddress } from "./public_address.ts";
import { type HostAddress, webhookSender, type WebhookSenderOptions } from "./webhook_sender.ts";

const PUBLIC: HostAddress = { address: "93.184.216.34", family: 4 };
const LOOPBACK: HostAddress = { address: "127.0.0.1", family: 4 };

/** A receiver on loopback, and the requests that reached it. */
async function startReceiver(t: TestContext, respond: RequestListener) {
  const seen: { host?: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    seen.push({ host: request.headers.host, body });
    respond(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { seen, port: (server.address() as AddressInfo).port }; // it listens on TCP
}

async function send(url: string, options: Partial<WebhookSenderOptions> = {}) {
  const sender = webhookSender({ allowsLoopback: true, timeoutMs: 2_000, ...options });
  return await sender.send({ url, headers: { "webhook-id": "e" }, body: "ü" });
}

for (
  const [address, expected] of [
    ...["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::5"]
      .map((address) => [address, true] as const),
    ...["0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254"],
    ...["172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1"],
    ...["198.51.100.7", "203.0.113.7", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1"],
    ...["::ffff:8.8.8.8", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1", "fe80::1"],
    ...["fc00::1", "fd00::1", "fd20:ce::254", "ff02::1", "2001:db8::1", "2001::7f00:1"],
    ...["2002:7f00:1::", "100::1", "3fff::1", "fe80::1%1", "", "localhost", "1.1.1", "0x7f.1"],
  ].map((row) => typeof row === "string" ? [row, false] as const : row)
) {
  test(`${address || "nothing"} is ${expected ? "" : "not "}public`, () => {
    assert.equal(isPublicAddress(address), expected);
    assert.equal(
      isLoopbackAddress(address),
      /^((::ffff:)?127\..*|::ffff:7f00:1|::1)$/.test(address),
    );
  });
}

test("send() posts the very body to the address that was checked, under the host's own name", async (t) => {
  const { seen, port } = await startReceiver(t, (_, response) => response.end("thanks"));
  const url = `http://hooks.example:${port}/x?y=1`;
  assert.deepEqual(await send(url, { resolve: async () => [LOOPBACK] }), { status: 200 });
  assert.deepEqual(seen, [{ host: `hooks.example:${port}`, body: "ü" }]);
});

test("a name that DNS gives another address for the second time is connected to as it was checked", async (t) => {
  const { seen, port } = await startReceiver(t, (_, response) => response.end());
  const answers = [[PUBLIC], [LOOPBACK]];
  const resolve = async () => answers.shift() ?? [LOOPBACK];
  const url = `https://rebind.example:${port}/`;
  const { fault } = await send(url, { allowsLoopback: false, resolve, timeoutMs: 300 });
  assert.ok(fault === "timeout" || fault === "unreachable", fault);
  assert.equal(answers.length, 1, "it was asked for once");
  assert.deepEqual(seen, []);
});

for (
  const [what, host, addresses] of [
    ["a private address among public ones", "mixed.example", [PUBLIC, LOOPBACK]],
    ["the metadata server", "169.254.169.254", undefined],
    ["a number that is loopback", "2130706433", undefined],
    ["loopback as IPv6", "[::1]", undefined],
    ["loopback inside of IPv6", "[::ffff:127.0.0.1]", undefined],
    ["this machine's name", "localhost", undefined],
  ] as const
) {
  test(`${what} is never connected to`, async (t) => {
    const { seen, port } = await startReceiver(t, (_, response) => response.end());
    const resolve = addresses && (async () => addresses);
    const sent = await send(`https://${host}:${port}/`, {
      allowsLoopback: false,
      ...resolve === undefined ? {} : { resolve },
    });
    assert.deepEqual(sent, { fault: "address_refused" });
    assert.deepEqual(seen, []);
  });
}

test("plain HTTP is for loopback alone, and there only where it is allowed", async () => {
  const options = { allowsLoopback: false, resolve: async () => [PUBLIC] };
  assert.deepEqual(await send("http://a.example/", options), { fault: "address_refused" });
});

for (
  const [what, respond, expected] of [
    ["204", (_, response) => response.writeHead(204).end(), { status: 204 }],
    [
      "a redirect",
      (_, response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
      {
        status: 307,
        fault: "redirect",
      },
    ],
    ["410", (_, response) => response.writeHead(410).end(), { status: 410, fault: "status" }],
    ["503", (_, response) => response.writeHead(503).end(), { status: 503, fault: "status" }],
    ["nothing", (_, response) => response.socket?.destroy(), { fault: "unreachable" }],
    ["silence", () => {}, { fault: "timeout" }],
    ["200 and a body without end", (_, response) => {
      response.writeHead(200);
      const write = () => response.write("x".repeat(100_000)) || response.once("drain", write);
      write();
    }, { status: 200 }],
    ["200 and a body that never comes", (_, response) => response.writeHead(200).flushHeaders(), {
      status: 200,
    }],
  ] satisfies readonly [string, RequestListener, object][]
) {
  test(`a receiver that responds with ${what} is ${"fault" in expected ? expected.fault : "done"}`, async (t) => {
    const { seen, port } = await startReceiver(t, respond);
    assert.deepEqual(await send(`http://127.0.0.1:${port}/`, { timeoutMs: 400 }), expected);
    assert.equal(seen.length, 1);
  });
}

test("a host that cannot show a certificate of its name learns nothing", async (t) => {
  let requests = 0;
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const pem = execFileSync("openssl", [
    "req",
    "-x509",
    ...key,
    ...names,
    "-keyout",
    "-",
    "-out",
    "-",
  ], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const server = createTlsServer({ key: pem, cert: pem }, (_, response) => {
    requests++;
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => void server.close());
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const resolve = async () => [LOOPBACK];
  assert.deepEqual(await send(`https://localhost:${port}/`, { resolve }), { fault: "unreachable" });
  assert.equal(requests, 0);
});
