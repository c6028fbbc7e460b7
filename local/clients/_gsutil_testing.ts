import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Where } from "./_node_testing.ts";

/** What is installed from PyPI. */
export const GSUTIL_PACKAGES: readonly string[] = ["gsutil==5.38"];

const BUCKET = "gs://tintype-raw";
const CALL_MS = 60_000;

/** Arguments of each call, and what its outcome is made of: its output, and its errors. */
type Call = readonly [args: readonly string[], outcome: (stdout: string, stderr: string) => string];

const statusIn = (_: string, stderr: string) => {
  if (/No URLs matched/.test(stderr)) return "404";
  return /\b(\d{3})\b/.exec(stderr)?.[1] ?? stderr;
};
const names = (stdout: string) => stdout.trim().replaceAll(`${BUCKET}/`, "").split(/\s+/).join(" ");
const output = (stdout: string) => stdout;

/** The calls of the table by gsutil; the last of a list counts. */
function callsIn(folder: string): Readonly<Record<string, readonly Call[]>> {
  const small = join(folder, "small.png");
  const meta = ["-h", "x-goog-meta-k:v"];
  const packed = `${BUCKET}/packed.txt`;
  return {
    "upload with metadata": [
      [[...meta, "cp", small, `${BUCKET}/a/1`], output],
      [["stat", `${BUCKET}/a/1`], (stdout) => {
        const found = (pattern: RegExp) => pattern.exec(stdout)?.[1] ?? "?";
        const [size, type] = [found(/Content-Length:\s+(\d+)/), found(/Content-Type:\s+(\S+)/)];
        return `${size} ${type} ${found(/\bk:\s+(\S+)/)}`;
      }],
    ],
    "upload over it, if absent": [
      [["-h", "x-goog-if-generation-match:0", "cp", small, `${BUCKET}/a/1`], statusIn],
    ],
    "upload in pieces": [
      [["cp", join(folder, "large.bin"), `${BUCKET}/pieces`], output],
      [["cat", `${BUCKET}/pieces`], (stdout) => String(stdout.length)],
    ],
    download: [[["cat", `${BUCKET}/a/1`], output]],
    "download a range": [[["cat", "-r", "1-2", `${BUCKET}/a/1`], output]],
    "download a missing one": [[["cat", `${BUCKET}/none`], statusIn]],
    list: [[["ls", `${BUCKET}/**`], names]],
    "list folders": [[["ls", BUCKET], names]],
    "list versions": [[
      ["ls", "-a", `${BUCKET}/**`],
      (stdout) => names(stdout.replaceAll(/#\d+/g, "")),
    ]],
    "change metadata": [
      [["setmeta", "-h", "x-goog-meta-k:w", `${BUCKET}/a/1`], output],
      [["ls", "-la", `${BUCKET}/a/1`], (stdout) => /metageneration=(\d+)/.exec(stdout)?.[1] ?? "?"],
    ],
    "read gzip unpacked": [
      [["cp", "-Z", join(folder, "plain.txt"), packed], output],
      [["cp", packed, join(folder, "unpacked.txt")], output],
    ],
    remove: [
      [["rm", packed], output],
      [["-q", "stat", packed], (_, stderr) => String(stderr === "")],
    ],
    "make and remove a bucket": [
      [["mb", "gs://gsutil-bucket"], output],
      [["rb", "gs://gsutil-bucket"], output],
      [["ls"], (stdout) => String(stdout.trim().split("\n").length)],
    ],
  };
}

/** Makes the calls with the gsutil of an environment; it speaks TLS alone, which ends in front of the emulator. */
export function runGsutil(bin: string) {
  return async ({ storage }: Where): Promise<Readonly<Record<string, string>>> => {
    const folder = await mkdtemp(join(tmpdir(), "tintype-gsutil-"));
    const server = await startTls(storage, folder);
    try {
      const { port } = server.address() as AddressInfo; // it listens on a port
      await writeFile(join(folder, "boto"), botoOf(port, folder));
      await writeFile(join(folder, "small.png"), "hello");
      await writeFile(join(folder, "plain.txt"), "plain");
      await writeFile(join(folder, "large.bin"), "z".repeat(700_000));
      const outcomes: Record<string, string> = {};
      for (const [name, calls] of Object.entries(callsIn(folder))) {
        for (const [args, outcomeOf] of calls) {
          const { stdout, stderr } = await callGsutil(bin, folder, args);
          outcomes[name] = outcomeOf(stdout, stderr);
        }
      }
      const unpacked = await readFile(join(folder, "unpacked.txt"), "utf8");
      outcomes["read gzip unpacked"] = `${unpacked} ${unpacked}`;
      return outcomes;
    } finally {
      server.close().closeAllConnections();
      await rm(folder, { recursive: true });
    }
  };
}

function callGsutil(bin: string, folder: string, args: readonly string[]) {
  const env = { ...process.env, BOTO_CONFIG: join(folder, "boto"), HOME: folder };
  const options = { env, timeout: CALL_MS, maxBuffer: 2 ** 24 };
  return new Promise<{ stdout: string; stderr: string }>((resolve) => {
    const child = execFile(join(bin, "gsutil"), args, options, (error, stdout, stderr) => {
      resolve({ stdout, stderr: error === null ? "" : stderr || "failed" });
    });
    child.stdin?.end();
  });
}

async function startTls(storage: string, folder: string) {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-days", "2"];
  const files = ["-keyout", key, "-out", cert];
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject];
  execFileSync("openssl", args, { stdio: "ignore" });
  const options = { key: await readFile(key), cert: await readFile(cert) };
  const server = createServer(options, (incoming, response) => {
    const { method, headers, url = "/" } = incoming;
    const forwarded = request(storage + url, { method, headers }, (reply) => {
      const { location } = reply.headers;
      const secure = location === undefined
        ? {}
        : { location: location.replace("http:", "https:") };
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
