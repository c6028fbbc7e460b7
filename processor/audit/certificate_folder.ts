import { UsageError } from "@tintype/cli/usage_error";
import type { ObjectFacts, ObjectLister, ObjectReader } from "@tintype/core/ports/object_store";
import { CERTIFICATE_FOLDER } from "@tintype/core/retention/certificate";

/** Certificates that were copied into a folder, each a file of its number. Throws UsageError where there is none. */
export async function certificateFolder(
  folder: string,
): Promise<Pick<ObjectReader, "read" | "stat"> & ObjectLister> {
  const pathOf = (name: string) => `${folder}/${name.slice(CERTIFICATE_FOLDER.length)}`;
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) names.push(CERTIFICATE_FOLDER + name);
  } catch (error) {
    throw new UsageError(`Cannot read ${folder}: ${error instanceof Error ? error.name : error}`);
  }
  if (names.length === 0) throw new UsageError(`Cannot audit ${folder}: it is empty`);
  const stat = async (name: string): Promise<ObjectFacts> => {
    const { size, mtime } = await Deno.stat(pathOf(name));
    return {
      ...{ name, generation: "1", size, createdMs: mtime?.getTime() ?? Date.now() },
      ...{ contentType: undefined, customTimeMs: undefined, crc32c: undefined, metadata: {} },
    };
  };
  return {
    stat,
    read: (name) => Deno.readFile(pathOf(name)),
    list: async () => ({
      objects: await Promise.all(names.map(stat)),
      prefixes: [],
      nextPageToken: undefined,
    }),
  };
}
