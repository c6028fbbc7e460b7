import process from "node:process";
import { createReceiver } from "./receiver.ts";

const secrets = (process.env["WEBHOOK_SECRETS"] ?? "").split(" ");
const port = Number(process.env["PORT"] ?? 3000);
createReceiver(secrets, async (event) => {
  if (event.type === "webhook.test") return console.log("The webhook works");
  const { image_id, ref, reason } = event.data;
  console.log(event.type, image_id, ref ?? "", reason ?? "");
}).listen(port, () => console.log(`http://localhost:${port}/webhooks`));
