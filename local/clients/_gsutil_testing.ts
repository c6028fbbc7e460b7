import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Where } from "./_node_testing.ts";

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("gsutil_calls.sh", import.meta.url));

/** What is installed from PyPI. */
export const GSUTIL_PACKAGES: readonly string[] = ["gsutil==5.38"];

/** Makes the calls with the gsutil of an environment; it speaks TLS alone, which ends in front of the emulator. */
export function runGsutil(bin: string) {
  return async ({ storage }: Where): Promise<Readonly<Record<string, string>>> => {
    const folder = await mkdtemp(join(tmpdir(), "tintype-gsutil-"));
    const server = await startTls(storage, folder);
    try {
      const { port } = server.address() as AddressInfo; // it listens on a port
      const configuration = join(folder, "boto");
      await writeFile(configuration, botoOf(port, folder));
      const env = { ...process.env, BOTO_CONFIG: configuration, HOME: folder };
      const { stdout } = await run(PROGRAM, [join(bin, "gsutil"), folder], { env });
      return Object.fromEntries(stdout.trimEnd().split("\n").map((line) => line.split("\t")));
    } finally {
      server.close().closeAllConnections();
      await rm(folder, { recursive: true });
    }
  };
}

async function startTls(storage: string, folder: string) {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-days", "2", "-keyout", key, "-out", cert];
  await run("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject]);
  const options = { key: await readFile(key), cert: await readFile(cert) };
  const server = createServer(options, (incoming, response) => {
    const { method, headers, url = "/" } = incoming;
    const forwarded = request(storage + url, { method, headers }, (reply) => {
      const { location } = reply.headers;
      const secure = location && { location: location.replace("http:", "https:") };
      response.writeHead(reply.statusCode ?? 502, { ...reply.headers, ...secure });
      reply.pipe(response);
    });
    incoming.pipe(forwarded);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

function botoOf(port: number, folder: string): string {
  return `[Credentials]
gs_json_host = localhost
gs_json_port = ${port}
[Boto]
https_validate_certificates = False
num_retries = 1
[GSUtil]
default_project_id = tintype-local
prefer_api = json
state_dir = ${folder}
resumable_threshold = 262144
software_update_check_period = 0
disable_analytics_prompt = True
parallel_process_count = 1
`;
}
