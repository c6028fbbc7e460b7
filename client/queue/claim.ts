/**
 * Claims a file of the queue for this tab until it is released or the tab ends, so that two tabs of one browser do not
 * send it twice; undefined where another tab has it.
 */
export async function claim(id: string): Promise<(() => void) | undefined> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  if (locks === undefined) return () => undefined;
  return await new Promise((resolve) => {
    void locks.request(`tintype-queue ${id}`, { ifAvailable: true }, async (lock) => {
      if (lock === null) resolve(undefined);
      else await new Promise<void>((release) => resolve(release));
    });
  });
}
