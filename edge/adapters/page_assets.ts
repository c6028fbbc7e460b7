import { AppError } from "@tintype/core/errors";
import type { PageFiles } from "../ports.ts";

/** The binding of the worker's static assets, as wrangler.toml declares it. */
export interface AssetsBinding {
  fetch(url: string): Promise<Response>;
}

/** The page's files as Cloudflare's static assets. Throws `unavailable` where the binding fails. */
export function assetsPageFiles(assets: AssetsBinding): PageFiles {
  return {
    // The binding looks at the path alone; its host is never asked.
    read: async (path) =>
      await assets.fetch(`https://assets.invalid${path}`).catch((cause: unknown) => {
        throw new AppError("unavailable", "Cannot read the page's files now", { cause });
      }),
  };
}
