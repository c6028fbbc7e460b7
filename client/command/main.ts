/**
 * `deno task upload FILE|DIR…`: read the command line, find the pictures, send several at a time with the client, tell
 * what became of each. What Ctrl-C interrupts goes on when the same command runs again.
 */
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createClient } from "../client.ts";
import { FileResumeStore } from "../node/file_store.ts";
import { commandToken } from "./command_token.ts";
import { findPictures, type Picture } from "./find_pictures.ts";
import { HELP, parseOptions, type UploadCommand, UsageError } from "./options.ts";
import { ProgressLine } from "./progress_line.ts";
import { resultLine } from "./result_line.ts";
import { sendPictures } from "./send_pictures.ts";
import { SentList } from "./sent_list.ts";
import type { SentPicture } from "./sent_picture.ts";
import { watchFolder } from "./watch_folder.ts";

const EXIT = { done: 0, failed: 1, wrongCall: 2, interrupted: 130 } as const;
/** Where people called from: `deno task` itself runs in the project's folder. */
const CALLED_FROM = process.env["INIT_CWD"] ?? ".";
const STATE = process.env["XDG_STATE_HOME"] ?? join(process.env["HOME"] ?? ".", ".local/state");

async function main(): Promise<number> {
  const command = parseOptions(process.argv.slice(2), {
    token: process.env["TINTYPE_TOKEN"],
    folder: CALLED_FROM,
    state: join(STATE, "tintype"),
  });
  if (command === "help") {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(EXIT.interrupted);
      interruption.abort();
    });
  }
  // Whoever read this is gone, as in `upload … | head`.
  process.stdout.on("error", () => interruption.abort());
  return await run(command, interruption.signal);
}

async function run(command: UploadCommand, signal: AbortSignal): Promise<number> {
  const progress = new ProgressLine((text) => void process.stderr.write(text), {
    isTerminal: process.stderr.isTTY === true,
  });
  await makeStateFolder(command.state);
  const list = new SentList(command);
  const client = createClient({
    edge: command.to,
    token: commandToken(command),
    store: new FileResumeStore(join(command.state, "uploads")),
  });
  const sent = await sendPictures(await picturesOf(command, { progress, list, signal }), {
    clientFor: () => client,
    atOnce: command.atOnce,
    isReadyAwaited: command.isReadyAwaited,
    signal,
    list,
    onProgress: (picture, now) => progress.change(picture, now),
    onDone: (each) => {
      const line = command.json ? JSON.stringify(each) : resultLine(each);
      progress.tell(() => process.stdout.write(`${line}\n`));
    },
  });
  progress.end();
  if (command.watch === undefined && signal.aborted) {
    const rest = "the same command goes on with the rest";
    process.stderr.write(`Interrupted after ${sent.length} of ${progress.total}; ${rest}\n`);
    return EXIT.interrupted;
  }
  // A folder that is watched again must not be sent again; a command that came to its end may be.
  if (command.watch === undefined) await list.clear();
  return sent.every(isWell) ? EXIT.done : EXIT.failed;
}

async function makeStateFolder(state: string): Promise<void> {
  await mkdir(state, { recursive: true, mode: 0o700 }).catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError(`Cannot remember unfinished uploads in ${state}: ${code}`);
  });
}

/** The pictures of the command line, or those of the watched folder, as they come and for as long as it runs. */
async function picturesOf(
  { paths, watch }: UploadCommand,
  { progress, list, signal }: {
    readonly progress: ProgressLine;
    readonly list: SentList;
    readonly signal: AbortSignal;
  },
): Promise<AsyncIterable<Picture> | Iterable<Picture>> {
  if (watch !== undefined) {
    const isFolder = await stat(watch).then((facts) => facts.isDirectory(), () => false);
    if (!isFolder) throw new UsageError(`Cannot watch ${watch} as it is no folder`);
    process.stderr.write(`Watching ${watch}; Ctrl-C ends\n`);
    return progress.adding(watchFolder(watch, { list, signal }));
  }
  const pictures = await findPictures(paths);
  for (const picture of pictures) progress.add(picture);
  return pictures;
}

function isWell({ status }: SentPicture): boolean {
  return status === "ready" || status === "uploaded";
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(error instanceof UsageError ? EXIT.wrongCall : EXIT.failed);
}
