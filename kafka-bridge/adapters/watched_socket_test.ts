import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { watchedSockets } from "./watched_socket.ts";

const PATIENCE = { answerMs: 400, othersMs: 1_200, connectMs: 400, suspectMs: 100 } as const;

/** A request frame of that API, or an answer of that many bytes. */
function frameOf(apiKey: number, bytes = 8): Buffer {
  const frame = Buffer.alloc(4 + bytes);
  frame.writeInt32BE(bytes);
  frame.writeInt16BE(apiKey, 4);
  return frame;
}

/** Opens connections to a server that does with each what `serve` says. */
async function open(t: TestContext, serve: (socket: Socket) => void) {
  const server = createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo; // a TCP server's, once it listens
  const connect = watchedSockets(PATIENCE);
  return async () => {
    const socket = connect({ host: "127.0.0.1", port, ssl: false as never, onConnect: () => {} });
    const ended = once(socket, "error").then(([error]) => String(error));
    await once(socket, "connect");
    t.after(() => socket.destroy());
    return { socket, ended };
  };
}

const silentFor = (ms: number) => new RegExp(`the broker sent nothing for ${ms} ms`);

test("a connection ends when its broker owes an answer and sends nothing, and others of it sooner", async (t) => {
  const connect = await open(t, () => {});
  const [patient, hasty] = [await connect(), await connect()];
  patient.socket.write(frameOf(11));
  hasty.socket.write(frameOf(1));
  assert.match(await hasty.ended, silentFor(PATIENCE.answerMs));
  const next = await connect();
  next.socket.write(frameOf(1));
  assert.match(await next.ended, silentFor(PATIENCE.suspectMs));
  assert.match(await patient.ended, silentFor(PATIENCE.suspectMs));
});

test("a connection stays that owes nothing, or whose answer arrives slowly", async (t) => {
  let sent = 0;
  const connect = await open(t, (socket) => {
    socket.once("data", () => {
      const answer = frameOf(1, 40);
      const timer = setInterval(() => {
        socket.write(answer.subarray(sent, sent += 4));
        if (sent >= answer.byteLength) clearInterval(timer);
      }, 100);
    });
  });
  const { socket, ended } = await connect();
  socket.write(frameOf(1));
  let heard = 0;
  while (heard < 44) heard += (await once(socket, "data"))[0].byteLength;
  socket.write(frameOf(1));
  assert.match(await ended, silentFor(PATIENCE.answerMs));
});
