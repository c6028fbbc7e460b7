import { readdir } from "node:fs/promises";
import { join } from "node:path";

const SETTLE_MS = 100;

/** Runs now, and again after each change of a file in the folder or one below it, packages apart. Never resolves. */
export async function watchFolder(folder: string, run: () => Promise<void>): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) =>
    entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".")
  );
  const watched = [folder, ...folders.map(({ name }) => join(folder, name))];
  using watcher = Deno.watchFs(watched, { recursive: false });
  await run();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = Promise.resolve();
  for await (const { kind } of watcher) {
    if (kind === "access") continue;
    clearTimeout(timer);
    // An editor writes a file in several steps.
    timer = setTimeout(() => running = running.then(run), SETTLE_MS);
  }
}
