/** A small web application over the Kafka stream: it produces pictures and shows what the results say of them. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { buffer } from "node:stream/consumers";
import { type EachMessagePayload, Kafka, logLevel } from "kafkajs";

/** Where the stream is. */
interface KafkaAppOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
}

/** A picture, and what is known of it. */
interface Picture {
  readonly ref: string;
  readonly state: string;
  readonly reason?: string | null;
  readonly width?: number | null;
  readonly height?: number | null;
}

/** Bytes of a picture at most; the topic's `max.message.bytes` must take it with its headers. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Connects to Kafka and gives the server; its `close` event disconnects. */
export async function createKafkaApp({ brokers, topic }: KafkaAppOptions): Promise<Server> {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: "kafka-app",
    logLevel: logLevel.ERROR,
  });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  // Each process shows everything, so each has a group of its own. An application that keeps results in a database takes one group.
  const consumer = kafka.consumer({ groupId: `kafka-app-${randomUUID()}` });
  const pictures = new Map<string, Picture>();

  /** Results come at least once and in no promised order; only `image.erased` is final. */
  async function onResult({ message: { headers, value } }: EachMessagePayload): Promise<void> {
    const ref = String(headers?.["ref"]);
    const known = pictures.get(ref);
    // Others' pictures go through the same topic.
    if (known === undefined || known.state === "image.erased") return;
    const { reason, width, height } = JSON.parse(String(value));
    pictures.set(ref, { ref, state: String(headers?.["type"]), reason, width, height });
  }

  async function send(request: IncomingMessage): Promise<Picture> {
    const ref = randomUUID();
    const picture = { ref, state: "sent" };
    // Before it is sent: its result may come at once.
    pictures.set(ref, picture);
    // The person who is signed in to your application; the bridge makes a pseudonym of it.
    const subject = "somebody";
    const type = request.headers["content-type"] ?? "";
    const headers = { subject, ref, "content-type": type };
    // The same key goes to the same partition: one person's pictures stay in order.
    const record = { key: subject, value: await buffer(request), headers };
    await producer.send({ topic, messages: [record] });
    return picture;
  }

  async function respond(request: IncomingMessage): Promise<[status: number, body: unknown]> {
    const call = `${request.method} ${request.url}`;
    if (call === "GET /pictures") return [200, [...pictures.values()]];
    if (call !== "POST /pictures") return [404, { error: "There is nothing here" }];
    if (Number(request.headers["content-length"] ?? Infinity) > MAX_BYTES) {
      return [413, { error: `A picture must have at most ${MAX_BYTES} bytes` }];
    }
    return [202, await send(request)];
  }

  const page = await readFile(new URL("page.html", import.meta.url));
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic: `${topic}.results`, fromBeginning: true });
  await consumer.run({ eachMessage: onResult });
  const server = createServer(async (request, response) => {
    if (request.url === "/") return response.setHeader("Content-Type", "text/html").end(page);
    const [status, body] = await respond(request).catch((error: unknown) => {
      console.error(error);
      return [503, { error: "Kafka did not take it: try again" }] as const;
    });
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  });
  server.on("close", () => void Promise.all([producer.disconnect(), consumer.disconnect()]));
  return server;
}
