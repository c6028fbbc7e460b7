/**
 * Claims a picture of the queue for this tab until it is released or the tab ends, so that two tabs of one browser do
 * not send it twice; undefined where another tab has it.
 */
export async function claim(id: string): Promise<(() => void) | undefined> {
  if (navigator.locks === undefined) return () => undefined;
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  return await new Promise((resolve) => {
    void navigator.locks.request(`tintype-queue ${id}`, { ifAvailable: true }, async (lock) => {
      if (lock === null) return resolve(undefined);
      resolve(release);
      await released;
    });
  });
}
