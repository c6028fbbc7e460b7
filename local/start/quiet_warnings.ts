import process from "node:process";

/** Hides the one warning that kafkajs causes on every new connection: it waits for negative times, which mean at once. */
export function hideNegativeTimeoutWarnings(): void {
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => {
    if (name !== "TimeoutNegativeWarning") process.stderr.write(`${name}: ${message}\n`);
  });
}
