import { once } from "node:events";
import { chmod, mkdir, mkdtempDisposable, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer as createEdge, type Server } from "node:http";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runSteps } from "../run_steps.ts";
import type { Step } from "../step.ts";
import { runCall } from "./cloud_programs.ts";
import { type CloudState, emptyCloud } from "./cloud_state.ts";

const DEPLOY = fileURLToPath(new URL("..", import.meta.url));
/** Scripts start in half the time when they need not be compiled. */
const COMPILED = join(DEPLOY, "../../.tintype/cache/node");
const NAMES = ["gcloud", "terraform", "docker", "npx", "git", "bq", "curl"];
/** The exit code of a call that `failing` names. */
const FAILED = 3;

/** What a run of steps came to. */
interface StepsRun {
  readonly done: boolean;
  /** What the steps report. */
  readonly said: readonly string[];
  /** What the programs and scripts write to stderr. */
  readonly errors: string;
  /** What they write to stdout, where no step keeps it. */
  readonly output: string;
}

/** A folder in which steps run on fake programs. */
export interface CloudPrograms {
  readonly run: (steps: readonly Step[]) => Promise<StepsRun>;
  /** The clouds as they are; a test may change them. */
  readonly state: CloudState;
  /** Every call of a program, in order. */
  readonly calls: string[];
  /** Where the worker responds, by the version that a call names. */
  edgeUrl: string;
  /** Each call that contains this text ends with 3. */
  failing: string | undefined;
}

/** Runs `use` in a folder whose programs share a cloud in which nothing was deployed. */
export async function withCloudPrograms(
  { service, keeper }: { readonly service: string; readonly keeper: string },
  use: (programs: CloudPrograms) => Promise<void>,
): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tintype-deploy-"));
  const run = (steps: readonly Step[]) => runOnPrograms(steps, folder.path);
  const programs: CloudPrograms = {
    run,
    state: emptyCloud(service, keeper),
    calls: [],
    edgeUrl: "",
    failing: undefined,
  };
  // The programs only pass their calls on, as each start of a real one would cost more than the deployment.
  await using edge = startEdge(programs.state);
  await once(edge, "listening");
  programs.edgeUrl = addressOf(edge);
  await using server = createServer((socket) => {
    onCall(socket, (call) => {
      const { state, calls, failing } = programs;
      const line = call.join(" ");
      calls.push(line);
      const fails = failing !== undefined && line.includes(failing);
      const { code, text } = fails ? { code: FAILED, text: "" } : runCall(state, call);
      socket.end(`${code}\n${text}`);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  await writePrograms(folder.path, new URL(addressOf(server)).port);
  await use(programs);
}

/** Plays the worker: a broken version responds with 500, every other one takes an image, which is ready at once. */
function startEdge({ worker }: CloudState): Server {
  return createEdge(({ method, headers }, response) => {
    const named = /="(.*)"/.exec(String(headers["cloudflare-workers-version-overrides"]))?.[1];
    const isServing = worker.deployments.at(-1)?.[named ?? ""] !== undefined;
    const isBroken = worker.versions.find(({ id }) => id === named)?.isBroken === true;
    if (!isServing || isBroken || headers.authorization !== "Bearer token") {
      return response.writeHead(500).end();
    }
    const body = method === "POST" ? { image: "/v1/images/1" } : { status: "ready" };
    response.writeHead(method === "POST" ? 202 : 200).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
}

function addressOf(server: Pick<Server, "address">): string {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new TypeError("Not a TCP server");
  return `http://127.0.0.1:${address.port}`;
}

/** Reads how many words a call has, then the words, each with a zero byte behind it. */
function onCall(socket: Socket, take: (call: readonly string[]) => void): void {
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    const [count, ...words] = text.split("\0").slice(0, -1);
    if (words.length > 0 && words.length === Number(count)) take(words);
  });
}

async function writePrograms(cwd: string, port: string): Promise<void> {
  await mkdir(join(cwd, "infra/terraform"), { recursive: true });
  await mkdir(join(cwd, "node_modules/.bin"), { recursive: true });
  await symlink(DEPLOY, join(cwd, "infra/deploy"));
  await symlink(join(DEPLOY, "../../docs"), join(cwd, "docs"));
  await symlink(process.execPath, join(cwd, "node_modules/.bin/node"));
  const script = [
    "#!/usr/bin/env bash",
    // What a secret is put from is the last word of the call.
    `case "\${0##*/} $*" in *" secret put "*|*" secret bulk "*|*" versions add "*) set -- "$@" -- "$(cat)";; esac`,
    `exec 3<> /dev/tcp/127.0.0.1/${port}`,
    `printf '%s\\0' "$(($# + 1))" "\${0##*/}" "$@" >&3`,
    // The real one reads its headers there.
    "[[ ${0##*/} != curl ]] || cat > /dev/null",
    "read -r code <&3",
    "[[ $code == 0 ]] || exec >&2",
    "cat <&3",
    "exit $code",
    "",
  ].join("\n");
  for (const name of NAMES) {
    await writeFile(join(cwd, name), script);
    await chmod(join(cwd, name), 0o755);
  }
}

async function runOnPrograms(steps: readonly Step[], cwd: string): Promise<StepsRun> {
  const said: string[] = [];
  const done = await runSteps(onPrograms(steps, cwd), { cwd, say: (line) => said.push(line) });
  const taken = async (name: string) => {
    const text = await readFile(join(cwd, name), "utf8").catch(() => "");
    await writeFile(join(cwd, name), "");
    return text;
  };
  return { done, said, errors: await taken("errors.log"), output: await taken("output.log") };
}

/** The steps with the programs first in the path, as no other way lets a test choose them. */
function onPrograms(steps: readonly Step[], cwd: string): Step[] {
  const before =
    `exec 2>> errors.log; export PATH="${cwd}:$PATH" SMOKE_TOKEN="\${SMOKE_TOKEN:-token}" NODE_COMPILE_CACHE=${COMPILED}; `;
  return steps.map((step) => ({
    ...step,
    commands: step.commands.map((command) =>
      typeof command === "string"
        ? `${before}exec >> output.log; ${command}`
        : { ...command, line: before + command.line }
    ),
  }));
}
