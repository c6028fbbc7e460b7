/** Uploads tenants' objects: all are checked together with those that are there before any is written. */
import { walkNames } from "../listing.ts";
import type { ObjectName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type {
  ObjectCreator,
  ObjectFacts,
  ObjectLister,
  ObjectReader,
  ObjectReplacer,
} from "../ports/object_store.ts";
import { AppError } from "../errors.ts";
import { checkTenantFiles, ORIGINS, TENANT_FOLDER, tenantFile, TOPICS } from "./tenant_files.ts";

/** What pushing needs of the configuration bucket. */
export type ConfigBucket = ObjectCreator & ObjectReplacer & ObjectReader & ObjectLister;

/** How a push runs. */
export interface PushOptions extends CallOptions {
  /** Objects that must still be as they were read; the newest is replaced of others. */
  readonly expected?: ReadonlyMap<string, ObjectFacts | null>;
}

/** What a push did, by the objects' names without folder and ending. */
export interface PushedTenants {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
}

/** Reads the tenants' objects that are there, by name, without the generated ones. */
export async function readTenantFiles(
  config: ObjectReader & ObjectLister,
  options: CallOptions = {},
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const { name } of walkNames(config, { prefix: TENANT_FOLDER, ...options })) {
    const file = name.slice(TENANT_FOLDER.length).replace(/\.json$/, "");
    if (file.startsWith("_") && file !== "_default") continue;
    const bytes = await config.read(name as ObjectName, options); // a name that was listed
    if (bytes !== null) files.set(file, bytes);
  }
  return files;
}

/**
 * Writes what differs, then what follows from all of them. Throws `invalid_config` that names every wrong field, with
 * nothing written, and `conflict` where somebody else changed an object meanwhile.
 */
export async function pushTenants(
  config: ConfigBucket,
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  { expected, ...options }: PushOptions = {},
): Promise<PushedTenants> {
  // Before the objects that they follow from: of two pushes at once the second one fails.
  const before = new Map<string, ObjectFacts | null>();
  for (const name of [ORIGINS, TOPICS]) {
    before.set(name, await config.stat(tenantFile(name), options));
  }
  const there = await readTenantFiles(config, options);
  const { generated } = checkTenantFiles(new Map([...there, ...files]));
  const written: string[] = [];
  const unchanged: string[] = [];
  for (const [name, bytes] of files) {
    const read = expected?.get(name);
    const facts = read === undefined ? await config.stat(tenantFile(name), options) : read;
    const isWritten = await write(config, { name, bytes, facts }, options);
    (isWritten ? written : unchanged).push(name);
  }
  for (const [name, bytes] of generated) {
    await write(config, { name, bytes, facts: before.get(name) ?? null }, options);
  }
  return { written, unchanged };
}

/** An object's next bytes, and what it was before; null where it was not there. */
interface NextBytes {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly facts: ObjectFacts | null;
}

/** Whether anything had to be written. */
async function write(
  config: ConfigBucket,
  { name, bytes, facts }: NextBytes,
  options: CallOptions,
): Promise<boolean> {
  const file = tenantFile(name);
  const held = facts && await config.read(file, { generation: facts.generation, ...options });
  if (held !== null && isSame(held, bytes)) return false;
  const upload = { contentType: "application/json", customTimeMs: 0, ...options };
  const isWritten = facts === null
    ? (await config.create(file, bytes, upload)).created
    : await config.replace(file, bytes, { ...upload, ifGeneration: facts.generation }) !== null;
  if (isWritten) return true;
  throw new AppError(
    "conflict",
    `Cannot write ${file}: somebody else changed it meanwhile. Look at it, then run the command again`,
  );
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
