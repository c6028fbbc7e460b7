/** Prints a link by which a guest sends pictures through the upload page: what a backend does for each booking or form. */
import process from "node:process";

const { EDGE = "", TOKEN = "", SUBJECT = "", COUNT = "10", TTL_SECONDS = "3600" } = process.env;

const response = await fetch(`${EDGE}/v1/grants`, {
  method: "POST",
  headers: { "Authorization": `Bearer ${TOKEN}`, "Content-Type": "application/json" },
  body: JSON.stringify({
    subject: SUBJECT,
    count: Number(COUNT),
    ttlSeconds: Number(TTL_SECONDS),
  }),
});
const body = await response.json();
if (!response.ok) throw new Error(`Cannot make link: ${body.code}, ${body.detail}`);
// The fragment of an address is sent to no server.
console.log(`${EDGE}/#grant=${body.token}`);
