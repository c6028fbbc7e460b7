/** `deno task tour`: follows one picture through the local system. `follow_picture` holds the steps. */
import { defineCommand } from "@tintype/cli/command";
import { isListening } from "@tintype/cli/local_system";
import { EXIT, Interrupted, runMain } from "@tintype/cli/run_main";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { URLS } from "../start/local_names.ts";
import { startWebhookReceiver } from "../start/webhook_receiver.ts";
import { followPicture } from "./follow_picture.ts";
import { makeScreen } from "./screen.ts";

const TOUR = defineCommand({
  name: "tour",
  summary:
    "Follows one picture through the local system: upload, ready, row, webhook, erasure, certificate. Starts the system where none is running, and then ends it.",
  flags: { "no-pause": "do not wait for Enter between the steps" },
  exitCodes: { 1: "a step did not end as it should" },
});
const START = [
  fileURLToPath(new URL("../start/main.ts", import.meta.url)),
  "--doors",
  "edge",
  "--retention",
  "1h",
];

/** Starts the system and waits until it is ready; returns what ends it. */
async function startSystem(): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ["run", "--allow-all", ...START], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const end = async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "close");
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => void end().then(() => process.exit(EXIT.interrupted)));
  }
  // All lines are read: nobody else empties the pipe.
  const ready = Promise.withResolvers<void>();
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => line === "Tintype is ready" && ready.resolve());
  child.on("close", () => ready.reject(new Error("The local system has ended: see its errors")));
  await ready.promise;
  return end;
}

/** Waits for Enter, or for the end of the input. Throws Interrupted at Ctrl-C. */
async function pause(): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const interrupted = once(terminal, "SIGINT").then(() => Promise.reject(new Interrupted()));
  const entered = terminal.question("\nEnter: the next step ");
  await Promise.race([entered, once(terminal, "close"), interrupted]).finally(() =>
    terminal.close()
  );
}

await runMain(TOUR, async ({ noPause }) => {
  const isRunning = await isListening(new URL(URLS.edge));
  if (!isRunning) console.log("Starts the local system first, which takes some seconds ...");
  const stop = isRunning ? async () => {} : await startSystem();
  const webhooks: string[] = [];
  const receiver = await startWebhookReceiver({ onText: (text) => webhooks.push(text) });
  const { isTTY } = process.stdout;
  try {
    for await (const _ of followPicture(makeScreen(isTTY), { url: receiver.url, webhooks })) {
      if (!noPause && process.stdin.isTTY) await pause();
    }
  } finally {
    receiver.close();
    await stop();
  }
});
