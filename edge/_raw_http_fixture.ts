import { connect } from "node:net";

/** What came back for bytes that no HTTP client would send. */
export interface RawAnswer {
  /** 0 where the connection was closed without an answer. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** How many answers came: more than one for one request is a request smuggled. */
  readonly answers: number;
}

const SILENCE_MS = 700;
const END_MS = 5_000;

/** Sends text byte for byte (Latin-1) to a server on this machine and gives what it answered until it fell silent. */
export function sendRaw(url: string, text: string): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const end = () => {
      socket.destroy();
      resolve(read(answer));
    };
    let silence = setTimeout(end, END_MS);
    socket.setEncoding("latin1");
    socket.on("data", (part) => {
      answer += part;
      clearTimeout(silence);
      silence = setTimeout(end, SILENCE_MS);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(silence);
      resolve(read(answer));
    });
    socket.write(text, "latin1");
  });
}

function read(answer: string): RawAnswer {
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1] ?? 0),
    headers: new Map(headers),
    text: rest.join("\r\n\r\n"),
    answers: answer.match(/HTTP\/1\.1 \d{3}/g)?.length ?? 0,
  };
}
