/** The variables that name Deno's cache folder, in the order in which Deno looks at them. */
export const DENO_CACHE_NAMES = ["DENO_DIR", "HOME"] as const;

/** An environment that is read by name, such as `Deno.env`. */
export interface ReadableEnv {
  get(name: string): string | undefined;
}

/**
 * Returns the one variable that names this process's Deno cache folder, so that a child uses the same folder; nothing
 * where neither is set. Deno does not start without it for a user that has no entry in `/etc/passwd`.
 */
export function denoCacheOf(env: ReadableEnv): Readonly<Record<string, string>> {
  for (const name of DENO_CACHE_NAMES) {
    const value = env.get(name);
    // Deno takes an empty variable for an absent one.
    if (value) return { [name]: value };
  }
  return {};
}

/** The folder that the variable of `denoCacheOf` names, where there is one. */
export function denoFolderOf({ DENO_DIR, HOME }: Readonly<Record<string, string>>): string[] {
  if (DENO_DIR) return [DENO_DIR];
  return HOME ? [`${HOME}/.cache/deno`] : [];
}
