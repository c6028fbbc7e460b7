/** A token endpoint for SASL/OAUTHBEARER (RFC 6749, section 4.4), and the file of its public key, by which a broker verifies. */
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const LIFE_SECONDS = 300;
const KEY_ID = "tests";

/** Who may have a token: a client's id and secret; the token's subject is the id. */
interface OauthClient {
  readonly id: string;
  readonly secret: string;
}

/** Starts the endpoint; `jwksFile` is written before it resolves. */
export async function startOauthProvider(jwksFile: string, { id, secret }: OauthClient) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: KEY_ID, alg: "RS256", use: "sig" };
  await writeFile(jwksFile, JSON.stringify({ keys: [jwk] }));
  const tokenOf = () => {
    const iat = Math.floor(Date.now() / 1_000);
    const claims = { iss: "tests", sub: id, aud: "kafka", scope: "kafka", iat };
    const body = [
      { alg: "RS256", typ: "JWT", kid: KEY_ID },
      { ...claims, exp: iat + LIFE_SECONDS },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    return `${body}.${sign("RSA-SHA256", Buffer.from(body), privateKey).toString("base64url")}`;
  };
  const basic = `Basic ${Buffer.from([id, secret].map(formEncoded).join(":")).toString("base64")}`;
  let issued = 0;
  const server = createServer((request, response) => {
    const isKnown = request.headers.authorization === basic;
    if (isKnown) issued++;
    const answer = isKnown
      ? { access_token: tokenOf(), token_type: "Bearer", expires_in: LIFE_SECONDS }
      : { error: "invalid_client" };
    response.writeHead(isKnown ? 200 : 401, { "Content-Type": "application/json" })
      .end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server's, once it listens
  return {
    url: `http://127.0.0.1:${port}/token`,
    /** How many tokens were given out. */
    issued: () => issued,
    close: () => void server.close(),
  };
}

function formEncoded(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
