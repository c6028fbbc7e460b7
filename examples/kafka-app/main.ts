import { once } from "node:events";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { createKafkaApp } from "./app.ts";

const { KAFKA_BROKERS = "localhost:9092", KAFKA_TOPIC = "images", PORT = "3001" } = process.env;
const server = await createKafkaApp({ brokers: KAFKA_BROKERS.split(","), topic: KAFKA_TOPIC });
await once(server.listen(Number(PORT), "localhost"), "listening");
const { port } = server.address() as AddressInfo; // it listens on TCP
console.log(JSON.stringify({ event: "listening", url: `http://localhost:${port}` }));
process.once("SIGTERM", () => server.close());
