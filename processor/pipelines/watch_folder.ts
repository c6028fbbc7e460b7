const SETTLE_MS = 100;

/** Runs now, and again after each change of a file in the folder or below it. Never resolves. */
export async function watchFolder(folder: string, run: () => Promise<void>): Promise<void> {
  using watcher = Deno.watchFs(folder);
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
