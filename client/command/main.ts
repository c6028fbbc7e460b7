/**
 * `deno task upload FILE|DIR…`: read the command line, find the pictures, send several at a time with the client, report
 * what became of each. What Ctrl-C interrupts continues when the same command runs again.
 */
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { endOnInterrupt } from "@tintype/cli/interrupts";
import { requireLocalSystem } from "@tintype/cli/local_system";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { TintypeClient, type TokenSource } from "../client.ts";
import { FileResumeStore } from "../node/file_store.ts";
import { developmentTokens } from "./development_tokens.ts";
import { findPictures, type Picture, type UnsentFile } from "@tintype/cli/find_pictures";
import { URLS } from "@tintype/cli/local_ports";
import { shownJson } from "@tintype/cli/shown_text";
import { UPLOAD, type UploadCommand, uploadCommandOf } from "./options.ts";
import { ProgressLine } from "./progress_line.ts";
import { sendPictures } from "./send_pictures.ts";
import { SentList } from "./sent_list.ts";
import { resultLine, type SentPicture, unsentPicture } from "./sent_picture.ts";
import { watchFolder } from "./watch_folder.ts";

/** The local OIDC provider, and whose tokens it is asked for. */
const LOCAL_PERSON = {
  issuer: URLS.oidc,
  subject: "upload-command",
  tenant: "demo",
} as const;

interface Sending {
  readonly list: SentList;
  readonly signal: AbortSignal;
  readonly onUnsent: (file: UnsentFile) => void;
}

async function upload(command: UploadCommand, { signal }: AbortController): Promise<number> {
  const progress = new ProgressLine((text) => void process.stderr.write(text), {
    isTerminal: process.stderr.isTTY === true,
  });
  const report = (each: SentPicture) => {
    const line = command.json ? shownJson(each) : resultLine(each);
    progress.tell(() => process.stdout.write(`${line}\n`));
  };
  const unsent: SentPicture[] = [];
  const onUnsent = (file: UnsentFile) => void unsent.push(unsentPicture(file));
  await makeStateFolder(command.state);
  const list = new SentList(command);
  const pictures = await picturesOf(command, { list, signal, onUnsent });
  const total = Array.isArray(pictures) ? pictures.length : 0;
  const issuers = command.token === undefined ? [LOCAL_PERSON.issuer] : [];
  await requireLocalSystem(command.to, ...issuers);
  const client = new TintypeClient({
    edge: command.to,
    token: tokenSource(command),
    store: new FileResumeStore(join(command.state, "uploads")),
  });
  const sent = await sendPictures(pictures, {
    clientFor: () => client,
    atOnce: command.atOnce,
    isReadyAwaited: !command.noWait,
    signal,
    list,
    onProgress: (totals, waitsFor) => progress.change(totals, waitsFor),
    onDone: report,
  });
  unsent.forEach(report);
  progress.end();
  if (command.watch === undefined && signal.aborted) {
    const rest = "the same command continues with the rest";
    process.stderr.write(`Interrupted after ${sent.length} of ${total}; ${rest}\n`);
    return EXIT.interrupted;
  }
  // A folder that is watched again must not be sent again; a command that came to its end may be.
  if (command.watch === undefined) await list.clear();
  return [...sent, ...unsent].every(isWell) ? EXIT.done : EXIT.failed;
}

async function makeStateFolder(state: string): Promise<void> {
  await mkdir(state, { recursive: true, mode: 0o700 }).catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError(`Cannot remember unfinished uploads in ${state}: ${code}`);
  });
}

/** The pictures of the command line, or those of the watched folder, as they come and for as long as it runs. */
async function picturesOf(
  { words, watch }: UploadCommand,
  { list, signal, onUnsent }: Sending,
): Promise<AsyncIterable<Picture> | Iterable<Picture>> {
  if (watch !== undefined) {
    const isFolder = await stat(watch).then((facts) => facts.isDirectory(), () => false);
    if (!isFolder) throw new UsageError(`Cannot watch ${watch} as it is no folder`);
    process.stderr.write(`Watching ${watch}; Ctrl-C ends\n`);
    return watchFolder(watch, { list, signal, onUnsent });
  }
  return await findPictures(words, { onUnsent });
}

/** Tokens as `--token` asks for them: as it is, from a file that is read each time, or of the local issuer. */
function tokenSource({ token }: UploadCommand): TokenSource {
  if (token === undefined) return developmentTokens(LOCAL_PERSON);
  if (!token.startsWith("@")) return () => token;
  return async () => {
    const text = await readFile(token.slice(1), "utf8").catch((error: Error) => {
      throw new UsageError(`Cannot upload as the token cannot be read: ${error.message}`);
    });
    return text.trim();
  };
}

function isWell({ status }: SentPicture): boolean {
  return status === "ready" || status === "uploaded";
}

await runMain(UPLOAD, async (call) => {
  const command = uploadCommandOf(call, process.env);
  const interruption = new AbortController();
  endOnInterrupt(interruption);
  // Nobody reads the output any more, as in `upload … | head`.
  process.stdout.on("error", () => interruption.abort());
  return await upload(command, interruption);
});
