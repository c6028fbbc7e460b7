/** TLS certificates for the package's tests, by `openssl`, which comes with Debian's JDK and with most systems. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const NEW_EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A certificate and its key as PEM. */
interface Certified {
  readonly cert: string;
  readonly key: string;
}

/** An authority and two whom it knows, the broker at `localhost` and a client; another authority, and its client. */
export interface Certificates {
  readonly ca: string;
  readonly client: Certified;
  readonly strangeCa: string;
  readonly strangeClient: Certified;
  /** PEM file of the broker's key and certificate. */
  readonly brokerFile: string;
  /** PEM file of the authority. */
  readonly caFile: string;
}

/** Makes them in `folder`, good for a day; answers why there can be none where that is so. */
export async function makeCertificates(folder: string): Promise<Certificates | string> {
  const isThere = await run("openssl", ["version"]).then(() => true, () => false);
  if (!isThere) return "The broker's certificates are made by openssl: install it";
  const [ca, strangeCa] = await Promise.all([
    makeAuthority(folder, "authority"),
    makeAuthority(folder, "strange-authority"),
  ]);
  const [broker, client, strangeClient] = await Promise.all([
    sign(folder, "broker", "authority"),
    sign(folder, "client", "authority"),
    sign(folder, "strange-client", "strange-authority"),
  ]);
  const brokerFile = join(folder, "broker.pem");
  await writeFile(brokerFile, broker.key + broker.cert);
  const caFile = join(folder, "authority.crt");
  return { ca, client, strangeCa, strangeClient, brokerFile, caFile };
}

async function makeAuthority(folder: string, name: string): Promise<string> {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const subject = ["-subj", `/CN=${name}`, "-days", "1"];
  await run("openssl", ["req", "-x509", ...NEW_EC_KEY, ...subject, "-keyout", key, "-out", cert]);
  return await readFile(cert, "utf8");
}

/** A certificate for `localhost` by the authority that lies in the folder. */
async function sign(folder: string, name: string, authority: string): Promise<Certified> {
  const at = (file: string) => join(folder, file);
  const [key, request] = [at(`${name}.key`), at(`${name}.csr`)];
  const extensions = at(`${name}.ext`);
  const subject = ["-subj", `/CN=${name}`];
  await run("openssl", ["req", ...NEW_EC_KEY, ...subject, "-keyout", key, "-out", request]);
  await writeFile(extensions, "subjectAltName=DNS:localhost\n");
  // Of its own making: two calls at once would write the same file of serial numbers.
  const serial = ["-set_serial", `0x${randomBytes(8).toString("hex")}`];
  const signer = ["-CA", at(`${authority}.crt`), "-CAkey", at(`${authority}.key`), ...serial];
  const given = ["-in", request, "-days", "1", "-extfile", extensions];
  const { stdout: cert } = await run("openssl", ["x509", "-req", ...given, ...signer]);
  return { cert, key: await readFile(key, "utf8") };
}
