import process from "node:process";

/** An emulator that accepts connections. */
interface RunningEmulator {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a part and says where it listens, in one JSON line on standard output. SIGTERM and SIGINT end it in order with 0;
 * one line on standard error says why it could not start, with 1.
 */
export async function runEmulator<Running extends RunningEmulator>(
  part: string,
  start: () => Promise<Running>,
): Promise<Running> {
  try {
    const running = await start();
    process.stdout.write(`${JSON.stringify({ event: "listening", part, url: running.url })}\n`);
    const stop = () => void running.close().then(() => process.exit(0));
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    return running;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`Cannot start ${part}: ${reason.replaceAll("\n", " ")}\n`);
    process.exit(1);
  }
}
