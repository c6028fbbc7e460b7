import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "@tintype/cli/usage_error";

/** Reads the tenants' objects of a folder by their names; throws UsageError where there are none. */
export async function readTenantFolder(
  folder: string,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const names = await readdir(folder).catch(() => undefined);
  const files = names?.filter((name) => name.endsWith(".json"));
  if (files === undefined || files.length === 0) {
    throw new UsageError(`Cannot read tenants: ${folder} is no folder with TENANT.json files`);
  }
  return new Map(
    await Promise.all(files.map(async (file) =>
      [
        file.slice(0, -".json".length),
        new Uint8Array(await readFile(join(folder, file))),
      ] as const
    )),
  );
}
