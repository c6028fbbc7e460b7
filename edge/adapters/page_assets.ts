import { AppError } from "@tintype/core/errors";
import type { PageFiles } from "../ports.ts";

/** The binding of the worker's static assets, as wrangler.toml declares it. */
export interface AssetsBinding {
  fetch(url: string): Promise<Response>;
}

/** The page's files as Cloudflare's static assets. Throws `unavailable` where the binding fails. */
export class AssetsPageFiles implements PageFiles {
  readonly #assets: AssetsBinding;

  constructor(assets: AssetsBinding) {
    this.#assets = assets;
  }

  async read(path: string): Promise<Response> {
    // The binding looks at the path alone; its host is never asked.
    return await this.#assets.fetch(`https://assets.invalid${path}`).catch((cause: unknown) => {
      throw new AppError("unavailable", "Cannot read the page's files now", { cause });
    });
  }
}
