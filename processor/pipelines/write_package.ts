import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "@tintype/cli/usage_error";
import { pipelineIdentitySchema } from "@tintype/core/model/own_value";
import { linkCore } from "./link_core.ts";

const TEMPLATE = fileURLToPath(new URL("template/", import.meta.url));

/** Writes a pipeline's package into a folder that is not there or empty; throws UsageError where it cannot. */
export async function writePackage(name: string, folder: string): Promise<void> {
  if (!pipelineIdentitySchema.shape.name.safeParse(name).success) {
    throw new UsageError(
      `NAME must be that of a package: lower-case letters, digits, "-", "_" (got ${name})`,
    );
  }
  const there = await readdir(folder).catch(() => []);
  if (there.length > 0) throw new UsageError(`DIR must be new or empty: ${folder} holds files`);
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(TEMPLATE)) {
    const text = await readFile(join(TEMPLATE, file), "utf8");
    const named = text.replaceAll("NAME", name).replaceAll("DIR", folder)
      .replace('"name": "template"', `"name": ${JSON.stringify(name)}`);
    await writeFile(join(folder, file === "gitignore" ? ".gitignore" : file), named);
  }
  await linkCore(folder);
}
