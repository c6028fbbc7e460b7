import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ISocketFactory } from "kafkajs";

/** How long a broker may owe an answer, in milliseconds. */
export interface Patience {
  /** For everything that it answers by itself; its own wait for an offset to be replicated is 5 s. */
  readonly answerMs: number;
  /** For what it answers when others have done something: the members of a group, the replicas of a partition. */
  readonly othersMs: number;
  /** For the connection itself. */
  readonly connectMs: number;
  /** For anything of a broker that was silent last. */
  readonly suspectMs: number;
}

/** Kafka's numbers of the requests for which a broker waits for others: Produce, JoinGroup, SyncGroup. */
const WAITS_FOR_OTHERS: ReadonlySet<number> = new Set([0, 11, 14]);
const LENGTH_BYTES = 4;
const API_KEY_END = 6;
const KEEP_ALIVE_MS = 60_000;
const LOOK_EVERY_MS = 250;

/**
 * Connections that end when their broker sends nothing while it owes an answer: one that is cut off or frozen closes none,
 * and the client library would wait and ask it again for minutes. What arrives slowly is no silence.
 */
export function watchedSockets(patience: Patience): ISocketFactory {
  const suspects = new Set<string>();
  return ({ host, port, ssl, onConnect }) => {
    const socket = ssl
      ? connectTls({ host, port, ...isIP(host) === 0 && { servername: host }, ...ssl }, onConnect)
      : connectPlain({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const address = `${host}:${port}`;
    endWhenSilent(socket, {
      mostMs: (wait) => suspects.has(address) ? patience.suspectMs : patience[wait],
      onHeard: () => suspects.delete(address),
      onSilent: () => suspects.add(address),
    });
    return socket;
  };
}

type Wait = keyof Patience;

interface Watch {
  readonly mostMs: (wait: Wait) => number;
  readonly onHeard: () => void;
  readonly onSilent: () => void;
}

/** For this code alone the library asks another broker for the group's coordinator. */
const CODE = "ECONNREFUSED";

function endWhenSilent(socket: Socket, { mostMs, onHeard, onSilent }: Watch): void {
  /** The answers that are owed, in the order of their requests. */
  const owed: Wait[] = ["connectMs"];
  const frames = new FrameCounter();
  let heardAtMs = performance.now();
  const hear = (answers: number) => {
    heardAtMs = performance.now();
    owed.splice(0, answers);
  };
  const write = socket.write.bind(socket);
  socket.write = ((...[data, ...rest]: Parameters<Socket["write"]>) => {
    if (owed.length === 0) hear(0);
    owed.push(Buffer.isBuffer(data) && waitsForOthers(data) ? "othersMs" : "answerMs");
    return write(data, ...rest);
  }) as Socket["write"]; // whose overloads are one implementation
  socket.once("connect", () => hear(1));
  socket.on("data", (chunk: Buffer) => {
    hear(frames.count(chunk));
    onHeard();
  });
  const end = (text: string) => socket.destroy(Object.assign(new Error(text), { code: CODE }));
  const timer = setInterval(() => {
    const [wait] = owed;
    if (wait === undefined || performance.now() - heardAtMs <= mostMs(wait)) return;
    end(`the broker sent nothing for ${mostMs(wait)} ms`);
    onSilent();
  }, LOOK_EVERY_MS);
  // A library that is disconnecting waits for what it is owed, and takes an end for an answer to nothing.
  socket.once("end", () => {
    if (owed.length > 0 && owed[0] !== "connectMs") end("the broker closed the connection");
  });
  socket.once("close", () => clearInterval(timer));
}

function waitsForOthers(request: Buffer): boolean {
  return request.byteLength >= API_KEY_END &&
    WAITS_FOR_OTHERS.has(request.readInt16BE(LENGTH_BYTES));
}

/** Counts the frames of a stream that end in a chunk: each is its length as an INT32 and so many bytes. */
class FrameCounter {
  #length = Buffer.alloc(0);
  #left = 0;

  count(chunk: Buffer): number {
    let frames = 0;
    for (let at = 0; at < chunk.byteLength;) {
      if (this.#left === 0) {
        const rest = chunk.subarray(at, at + LENGTH_BYTES - this.#length.byteLength);
        this.#length = Buffer.concat([this.#length, rest]);
        at += rest.byteLength;
        if (this.#length.byteLength < LENGTH_BYTES) break;
        this.#left = this.#length.readInt32BE(0);
        this.#length = Buffer.alloc(0);
      }
      const taken = Math.min(this.#left, chunk.byteLength - at);
      at += taken;
      this.#left -= taken;
      if (this.#left === 0) frames++;
    }
    return frames;
  }
}
