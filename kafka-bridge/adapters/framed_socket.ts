import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ISocketFactory } from "kafkajs";

const LENGTH_BYTES = 4;
/** What is longer is no answer of Kafka: of another protocol, or of TLS. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;
const READ_BYTES = 256 * 1024;

/**
 * Connects to a broker; the socket's event `data` brings whole frames, each in memory of its own, and `chunk` says that
 * something came. The client library joins what comes in chunks of 64 KiB: twice the memory, and a copy more.
 */
export function connectInFrames(
  { host, port, ssl, onConnect }: Parameters<ISocketFactory>[0],
): Socket {
  let frames: Frames | undefined;
  const take = (chunk: Buffer) => frames?.take(chunk);
  if (!ssl) {
    // Read into one buffer again and again.
    const onread = {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback(length: number, buffer: Uint8Array) {
        take(Buffer.from(buffer.buffer, buffer.byteOffset, length));
        return true;
      },
    };
    const socket = connectPlain({ host, port, onread }, onConnect);
    frames = new Frames((frame) => socket.emit("data", frame), () => socket.emit("chunk"));
    return socket;
  }
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ host, port, ...servername, ...ssl }, onConnect);
  const emit = socket.emit.bind(socket);
  frames = new Frames((frame) => emit("data", frame), () => emit("chunk"));
  socket.emit = (event: string | symbol, ...values: unknown[]) => {
    if (event !== "data") return emit(event, ...values);
    take(values[0] as Buffer); // a socket without an encoding reads buffers
    return true;
  };
  return socket;
}

/** Joins chunks to frames: each is its length as an INT32 and so many bytes. */
class Frames {
  readonly #onFrame: (frame: Buffer) => void;
  readonly #onChunk: () => void;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  #frame: Buffer | undefined;
  /** Bytes of the frame, its length among them, that have come. */
  #held = 0;
  #isForeign = false;

  constructor(onFrame: (frame: Buffer) => void, onChunk: () => void) {
    this.#onFrame = onFrame;
    this.#onChunk = onChunk;
  }

  /** Takes what is read over; `chunk` may be used again then. */
  take(chunk: Buffer): void {
    this.#onChunk();
    for (let at = 0; at < chunk.byteLength && !this.#isForeign;) {
      const to = this.#frame ?? this.#length;
      const taken = chunk.copy(to, this.#held, at);
      at += taken;
      this.#held += taken;
      if (this.#held < to.byteLength) return;
      if (this.#frame === undefined) this.#begin();
      if (this.#frame?.byteLength === this.#held) this.#end(this.#frame);
    }
    if (this.#isForeign) this.#onFrame(Buffer.from(chunk));
  }

  #begin(): void {
    const bytes = LENGTH_BYTES + this.#length.readInt32BE(0);
    this.#isForeign = bytes < LENGTH_BYTES || bytes > MAX_FRAME_BYTES;
    if (this.#isForeign) return;
    this.#frame = Buffer.allocUnsafeSlow(bytes);
    this.#length.copy(this.#frame);
  }

  #end(frame: Buffer): void {
    this.#frame = undefined;
    this.#held = 0;
    this.#onFrame(frame);
  }
}
